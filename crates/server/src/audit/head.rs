//! Tree heads: the text of a checkpoint (C2SP tlog-checkpoint).

use crate::audit::{
    Hash, LogKey, VerifierKey,
    note::{Note, Signed},
};
use aws_lc_rs::error::Unspecified;

/// What a checkpoint says: so many entries, and this hash of them all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeHead {
    /// The log's name.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The RFC 6962 hash of the tree.
    pub root: Hash,
}

/// Why a checkpoint is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// Not a signed note, or its text is no checkpoint.
    #[error("this is no checkpoint: not a signed note of an origin, a size and a root hash")]
    Malformed,
    /// Signed by other keys, or for another log.
    #[error(
        "the checkpoint is not signed by this key; is it the key that `tillseal audit key` prints for this log?"
    )]
    OtherKey,
    /// The signature is of this key, but not for this text.
    #[error("the signature does not fit the checkpoint: it was altered")]
    Signature,
}

impl HeadError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "audit-checkpoint",
            Self::OtherKey | Self::Signature => "audit-signature",
        }
    }
}

impl TreeHead {
    /// Opens a checkpoint that this key signed.
    ///
    /// # Errors
    /// [`HeadError`].
    pub fn open(note: &str, key: &VerifierKey) -> Result<Self, HeadError> {
        let (head, outcome) = Self::read(note, key)?;
        outcome.map(|()| head)
    }

    /// What a checkpoint says, whoever signed it.
    pub(crate) fn unsigned(note: &str) -> Result<Self, HeadError> {
        Note::parse(note).and_then(|note| Self::parse(note.text())).ok_or(HeadError::Malformed)
    }

    /// What a checkpoint says, and apart from it whether this key does.
    pub(crate) fn read(note: &str, key: &VerifierKey) -> Result<(Self, Result<(), HeadError>), HeadError> {
        let note = Note::parse(note).ok_or(HeadError::Malformed)?;
        let head = Self::parse(note.text()).ok_or(HeadError::Malformed)?;
        let outcome = match note.signed_by(key) {
            // A key of ours signs for one log, whose name it bears.
            Signed::Yes if head.origin == key.name() => Ok(()),
            Signed::Yes | Signed::ByOthers => Err(HeadError::OtherKey),
            Signed::Wrongly => Err(HeadError::Signature),
        };
        Ok((head, outcome))
    }

    /// The checkpoint as a signed note.
    pub(crate) fn sign(&self, key: &LogKey) -> Result<String, Unspecified> {
        key.sign(&format!("{}\n{}\n{}\n", self.origin, self.size, self.root))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let number: u64 = size.parse().ok()?;
        // "No leading zeroes", and no sign either; "extension lines, if any, MUST be non-empty".
        let holds = !origin.is_empty() && number.to_string() == size && lines.all(|line| !line.is_empty());
        let root = Hash::parse(root).filter(|_| holds)?;
        Some(Self { origin: origin.to_owned(), size: number, root })
    }
}
