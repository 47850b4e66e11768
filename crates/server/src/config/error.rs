//! What is wrong with a configuration, and where.

use std::{fmt, path::Path, path::PathBuf};

/// Everything that is wrong, in the order of the file. Never empty; `Display` gives each its line.
#[derive(Debug)]
pub struct ConfigErrors(pub(super) Vec<ConfigError>);

/// One thing that is wrong. `Display` begins with its place and its code: `tillseal.toml:12:9: [config-value] …`.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: [{code}] {why}", path = .path.display(), code = self.code())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// What the system said, and what to do.
        why: String,
    },
    /// It is no TOML, or names an option that does not exist, or gives one another type.
    #[error("{place}: [{code}] {why}; `tillseal config example` shows every option", code = self.code())]
    Syntax {
        /// Where.
        place: Place,
        /// What stands there, and what may.
        why: String,
    },
    /// An option is missing, or has a value that does not do.
    #[error("{place}: [{code}] {why}", code = self.code())]
    Value {
        /// Where.
        place: Place,
        /// What is wrong, and what to do.
        why: String,
    },
    /// A secret of the environment does not do. The text holds nothing of it.
    #[error("{variable}: [{code}] {why}", code = self.code())]
    Secret {
        /// The variable.
        variable: String,
        /// What is wrong, and what to do.
        why: String,
    },
}

/// Where a fault is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the file.
    File {
        /// Its name, as it was given.
        path: PathBuf,
        /// From 1 on.
        line: usize,
        /// In characters, from 1 on.
        column: usize,
    },
    /// In what the flags say, or do not say.
    CommandLine,
}

impl ConfigError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "config-unreadable",
            Self::Syntax { .. } => "config-syntax",
            Self::Value { .. } => "config-value",
            Self::Secret { .. } => "config-secret",
        }
    }
}

impl ConfigErrors {
    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &ConfigError> {
        self.0.iter()
    }
}

impl Place {
    /// The place of a byte of the text.
    pub(super) fn file(path: &Path, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self::File {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line, column } => write!(out, "{}:{line}:{column}", path.display()),
            Self::CommandLine => out.write_str("command line"),
        }
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            write!(out, "{}{error}", if index == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}
