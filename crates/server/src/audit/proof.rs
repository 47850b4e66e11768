//! Inclusion proofs (C2SP tlog-proof): that the log holds an entry, for a stranger to check with the public key.

use crate::audit::{
    Hash, HeadError, Source, SourceError, TreeHead, VerifierKey,
    tree::{climb, hash_of, path, tiles_of},
};
use std::fmt;

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// A tree of 2^64 entries has no longer path.
const MAX_PATH: usize = 64;

/// The proof of one entry; [`Display`](fmt::Display) writes its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    index: u64,
    path: Vec<Hash>,
    checkpoint: String,
}

/// Why there is no proof, or why it proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The log could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The checkpoint does not cover the position, or there is none.
    #[error(
        "the last checkpoint covers no entry at position {position}; it has {size}, and the next is signed within a second"
    )]
    Uncovered {
        /// The position.
        position: u64,
        /// How many entries the checkpoint covers.
        size: u64,
    },
    /// The tiles are not those of the checkpoint.
    #[error("the log's tiles do not lead to its checkpoint; `tillseal audit verify` tells more")]
    Tiles,
    /// Not the text of a proof.
    #[error("this is no proof: not the text of c2sp.org/tlog-proof@v1, whole")]
    Malformed,
    /// The proof's checkpoint is not believed.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The path does not lead from this entry to the checkpoint.
    #[error("the proof is of another entry, or was altered: check that the entry is the same to the byte")]
    Entry,
}

impl ProofError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Source(error) => error.code(),
            Self::Head(error) => error.code(),
            Self::Uncovered { .. } => "audit-position",
            Self::Tiles => "audit-tile",
            Self::Malformed | Self::Entry => "audit-proof",
        }
    }
}

/// Proves that the log holds the entry at this position.
///
/// The proof is checked against the checkpoint's hash; who signed the checkpoint is left to whoever reads the proof.
///
/// # Errors
/// [`ProofError::Source`], [`ProofError::Uncovered`], [`ProofError::Tiles`], or [`ProofError::Head`] for a checkpoint that is none.
pub async fn prove(source: &Source, position: u64) -> Result<Proof, ProofError> {
    let Some(checkpoint) = source.checkpoint().await? else {
        return Err(ProofError::Uncovered { position, size: 0 });
    };
    let head = TreeHead::unsigned(&checkpoint)?;
    if position >= head.size {
        return Err(ProofError::Uncovered { position, size: head.size });
    }
    let ranges = path(position, head.size);
    let leaf = position..position + 1;
    let ids = tiles_of(&[ranges.as_slice(), std::slice::from_ref(&leaf)].concat());
    let tiles = source.tiles(&ids, head.size).await?;
    let tiles: Vec<_> = ids.into_iter().zip(tiles).collect();
    let path: Option<Vec<Hash>> = ranges.iter().map(|range| hash_of(range, &tiles)).collect();
    let (path, leaf) = path.zip(hash_of(&leaf, &tiles)).ok_or(ProofError::Tiles)?;
    if climb(position, head.size, leaf, &path) != Some(head.root) {
        return Err(ProofError::Tiles);
    }
    Ok(Proof { index: position, path, checkpoint })
}

impl Proof {
    /// Reads the text of a proof.
    ///
    /// # Errors
    /// [`ProofError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, ProofError> {
        Self::read(text).ok_or(ProofError::Malformed)
    }

    /// The position of the entry.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Checks that the log of this key holds this entry, and gives the tree head that says so.
    ///
    /// # Errors
    /// [`ProofError::Head`] or [`ProofError::Entry`].
    pub fn check(&self, entry: &[u8], key: &VerifierKey) -> Result<TreeHead, ProofError> {
        let head = TreeHead::open(&self.checkpoint, key)?;
        let root = climb(self.index, head.size, Hash::leaf(entry), &self.path);
        if root == Some(head.root) { Ok(head) } else { Err(ProofError::Entry) }
    }

    fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(HEADER)?.strip_prefix('\n')?;
        // "Applications MUST NOT implicitly trust the extra data": we have no use for it.
        let rest = match rest.strip_prefix("extra ") {
            Some(extra) => extra.split_once('\n')?.1,
            None => rest,
        };
        // The first empty line; the checkpoint, which has one of its own, comes after it.
        let (lines, checkpoint) = rest.split_once("\n\n")?;
        let mut lines = lines.split('\n');
        let number = lines.next()?.strip_prefix("index ")?;
        let index: u64 = number.parse().ok().filter(|index: &u64| index.to_string() == number)?;
        let path: Vec<Hash> = lines.map(Hash::parse).collect::<Option<_>>()?;
        (path.len() <= MAX_PATH).then(|| Self { index, path, checkpoint: checkpoint.to_owned() })
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        writeln!(formatter, "{HEADER}\nindex {}", self.index)?;
        for hash in &self.path {
            writeln!(formatter, "{hash}")?;
        }
        write!(formatter, "\n{}", self.checkpoint)
    }
}
