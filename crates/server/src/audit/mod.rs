//! The audit log: every verdict and every change of a key, in a Merkle tree that grows and never changes.
//!
//! Hashes are those of RFC 6962 §2.1; what is served and exported is that of C2SP [tlog-tiles], [tlog-checkpoint], [signed-note] and
//! [tlog-proof]. docs/audit.md tells an auditor what to do with it.
//!
//! An [`Entry`] goes to [`Log::record`]; [`Log::follow`] signs what was recorded; [`verify`] checks the whole; [`Proof::check`] lets a
//! stranger check one entry.
//!
//! [tlog-tiles]: https://c2sp.org/tlog-tiles
//! [tlog-checkpoint]: https://c2sp.org/tlog-checkpoint
//! [signed-note]: https://c2sp.org/signed-note
//! [tlog-proof]: https://c2sp.org/tlog-proof

mod entry;
mod export;
mod fault;
mod hash;
mod head;
mod log;
mod note;
mod proof;
mod resource;
mod source;
mod tokens;
mod tree;
mod verify;

pub use entry::{Decision, Entry, Kid, Origin, Verdict};
pub use export::{Exported, export};
pub use fault::{Fault, Report};
pub use hash::Hash;
pub use head::{HeadError, TreeHead};
pub use log::{Log, LogError};
pub use note::{KeyNameError, LogKey, VerifierKey, VerifierKeyError};
pub use proof::{Proof, ProofError, prove};
pub use resource::Resource;
pub use source::{Source, SourceError};
pub use tokens::{Token, Tokens};
pub use verify::{Since, verify};
