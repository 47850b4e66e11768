//! What an auditor is told: what the log says of itself, and each thing that is wrong with it.

use crate::{
    audit::{Hash, HeadError, Resource, TreeHead},
    store::TileId,
};
use std::{fmt, ops::Range};

/// The outcome of a verification; [`Display`](fmt::Display) writes it for a person.
#[derive(Debug, Default)]
pub struct Report {
    /// What the last checkpoint says, where there is one.
    pub head: Option<TreeHead>,
    /// The key that signed it, as it was given; nothing where it did not.
    pub signer: Option<String>,
    /// When the last entry that it covers was made: seconds since 1970-01-01 UTC.
    pub last: Option<u64>,
    /// How many entries there are that no checkpoint covers yet.
    pub beyond: u64,
    /// The sizes of the older checkpoints that hold.
    pub grew_from: Vec<u64>,
    /// All that is wrong.
    pub faults: Vec<Fault>,
}

/// One thing that is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A checkpoint that is none, or not signed by the log's key.
    #[error("{place}: {why}")]
    Head {
        /// Which one.
        place: String,
        /// What is wrong with it.
        why: HeadError,
    },
    /// There should be a checkpoint.
    #[error("the log has no checkpoint: it was removed, or the log was never signed")]
    NoCheckpoint,
    /// Entries that are not those that were signed.
    #[error("{} not what was signed, or cannot be read", entries(positions))]
    Entry {
        /// Their positions.
        positions: Range<u64>,
    },
    /// Hashes that are not those of the entries.
    #[error("{} is missing, or has other hashes than the entries", Resource::Tile { id: *id, width: 256 })]
    Tile {
        /// Which tile.
        id: TileId,
    },
    /// Entries are gone.
    #[error("the log has {entries} entries, and {by} covers {covered}: it was cut")]
    Truncated {
        /// How many entries there are now.
        entries: u64,
        /// How many there were.
        covered: u64,
        /// The checkpoint that says so.
        by: String,
    },
    /// The log's key signed two histories.
    #[error(
        "{place} says that the first {size} entries have the root {older}, and now it is {root}: the log was written anew, and signed"
    )]
    Fork {
        /// The older checkpoint.
        place: String,
        /// What it covers.
        size: u64,
        /// Its root.
        older: Hash,
        /// The root of as many entries now.
        root: Hash,
    },
    /// The entries and their hashes agree with each other, but not with the checkpoint.
    #[error("the entries have the root {computed}, and {signed} was signed")]
    Root {
        /// Of the entries as they are.
        computed: Hash,
        /// Of the checkpoint.
        signed: Hash,
    },
}

impl Fault {
    /// The stable code of this fault.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Head { why, .. } => why.code(),
            Self::NoCheckpoint => "audit-checkpoint",
            Self::Entry { .. } => "audit-entry",
            Self::Tile { .. } => "audit-tile",
            Self::Truncated { .. } => "audit-truncated",
            Self::Fork { .. } => "audit-fork",
            Self::Root { .. } => "audit-root",
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match &self.head {
            Some(TreeHead { origin, size, root }) => {
                writeln!(formatter, "log        {origin}\nentries    {size}\nroot       {root}")?;
                let signer = self.signer.as_deref().unwrap_or("nobody that this key vouches for");
                writeln!(formatter, "signed by  {signer}")?;
            }
            None => writeln!(formatter, "no checkpoint")?,
        }
        if let Some(last) = self.last {
            writeln!(formatter, "last entry {}", Utc(last))?;
        }
        if self.beyond > 0 {
            writeln!(formatter, "not signed {} entries after these, so far", self.beyond)?;
        }
        for size in &self.grew_from {
            writeln!(formatter, "only grew  since the checkpoint of {size} entries")?;
        }
        for fault in &self.faults {
            writeln!(formatter, "FAULT      [{}] {fault}", fault.code())?;
        }
        match self.faults.len() {
            0 => writeln!(formatter, "no fault found"),
            1 => writeln!(formatter, "1 fault found"),
            faults => writeln!(formatter, "{faults} faults found"),
        }
    }
}

fn entries(positions: &Range<u64>) -> String {
    match positions.end.saturating_sub(positions.start) {
        1 => format!("the entry at position {} is", positions.start),
        _ => format!("the entries at positions {} to {} are", positions.start, positions.end - 1),
    }
}

/// Seconds since 1970-01-01 UTC, written as RFC 3339 has them.
struct Utc(u64);

impl fmt::Display for Utc {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let (mut days, seconds) = (self.0 / 86_400, self.0 % 86_400);
        let is_leap =
            |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        // A number that is no time of ours would take for ever.
        if days > 3_000_000 {
            return write!(formatter, "{} seconds after 1970-01-01", self.0);
        }
        let mut year = 1970;
        while days >= 365 + u64::from(is_leap(year)) {
            days -= 365 + u64::from(is_leap(year));
            year += 1;
        }
        let mut month = 1;
        for length in [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30] {
            if days < length {
                break;
            }
            days -= length;
            month += 1;
        }
        let (hour, minute) = (seconds / 3600, seconds / 60 % 60);
        write!(formatter, "{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{:02}Z", days + 1, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::Utc;

    #[test]
    fn times_are_written_as_people_read_them() {
        // As `date --utc --date=@N` writes them.
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_478_400, "2026-11-24T00:00:00Z"),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(Utc(seconds).to_string(), text);
        }
        assert_eq!(Utc(u64::MAX).to_string(), "18446744073709551615 seconds after 1970-01-01");
    }
}
