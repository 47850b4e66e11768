//! `tillseal audit`: what an auditor runs, and a stranger with a proof.

use crate::{keys_cli::Directory, print};
use clap::{Args, Subcommand};
use std::{
    env, fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
};
use tillseal_server::{
    KeyInfo, KeyState, KeyringError,
    audit::{
        KeyNameError, Proof, ProofError, Since, Source, SourceError, VerifierKey, export, prove, verify,
    },
    list_keys,
    store::{self, Store, StoreError},
};
use tokio::runtime;

/// Where the store is, unless the command line says so: its URL may hold a password.
const STORE_URL: &str = "TILLSEAL_STORE_URL";

/// The longest entry, as a C2SP bundle can hold it, in bytes; and then a line break.
const MAX_ENTRY: u64 = 65_535 + 1;

/// The longest checkpoint or proof that is read, in bytes.
const MAX_TEXT: u64 = 1 << 20;

#[derive(Subcommand)]
pub(crate) enum Audit {
    /// Print the log's public key, for whoever will verify it
    Key {
        #[command(flatten)]
        keyring: Directory,
        /// The log's name: `audit.origin` of the configuration, or what follows from its first origin
        #[arg(long, default_value = "tillseal")]
        name: String,
    },
    /// Check the whole log: its signature, every entry, every hash, and that it only grew
    Verify {
        #[command(flatten)]
        log: Place,
        /// The log's public key, as `audit key` printed it
        #[arg(long, value_name = "VKEY")]
        key: VerifierKey,
        /// An older checkpoint that was kept elsewhere; once for each
        #[arg(long, value_name = "FILE")]
        since: Vec<PathBuf>,
    },
    /// Write the log as files (C2SP tlog-tiles), or what a directory lacks of it
    Export {
        /// The log's store; without it, what the environment has in `TILLSEAL_STORE_URL`
        #[arg(long, value_name = "URL")]
        store: Option<String>,
        /// Where to
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// Print the proof that the log holds the entry at a position (C2SP tlog-proof)
    Prove {
        /// The position, from 0 on
        position: u64,
        #[command(flatten)]
        log: Place,
        /// Write the entry there, besides
        #[arg(long, value_name = "FILE")]
        entry: Option<PathBuf>,
    },
    /// Check a proof against the log's public key
    CheckProof {
        /// The proof, as `audit prove` printed it
        #[arg(value_name = "PROOF")]
        proof: PathBuf,
        /// The log's public key, as `audit key` printed it
        #[arg(long, value_name = "VKEY")]
        key: VerifierKey,
        /// The entry that it proves, or - for standard input
        #[arg(long, value_name = "FILE")]
        entry: PathBuf,
    },
}

#[derive(Args)]
#[group(multiple = false)]
pub(crate) struct Place {
    /// The log's store; without it and --dir, what the environment has in `TILLSEAL_STORE_URL`
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// A directory that `audit export` wrote
    #[arg(long = "dir", value_name = "DIR")]
    directory: Option<PathBuf>,
}

/// Why the program ends without having found the log as it should be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuditFailure {
    #[error(
        "the log is not as it was signed; keep everything as it is, docs/audit.md says what each fault means"
    )]
    Faults,
    #[error("[{code}] {0}", code = .0.code())]
    Source(#[from] SourceError),
    #[error("[{code}] {0}", code = .0.code())]
    Proof(#[from] ProofError),
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("no log is named: say --store URL, set {STORE_URL}, or say --dir DIR")]
    NoLog,
    #[error("[{code}] {0}", code = .0.code())]
    Keyring(#[from] KeyringError),
    #[error("the keyring has no key of a log yet; `tillseal serve` makes it when it starts")]
    NoKey,
    #[error(transparent)]
    Name(#[from] KeyNameError),
    #[error("the log has no checkpoint yet, so there is nothing to write")]
    NoCheckpoint,
    #[error("the program could not start: {0}")]
    Runtime(io::Error),
    #[error(transparent)]
    Print(#[from] Box<crate::Failure>),
}

impl AuditFailure {
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Faults
            | Self::Proof(
                ProofError::Tiles | ProofError::Malformed | ProofError::Head(_) | ProofError::Entry,
            )
            | Self::Source(SourceError::Diverged { .. } | SourceError::EntryTooLong { .. }) => 1,
            Self::Source(SourceError::Store(_) | SourceError::Io { .. })
            | Self::Proof(ProofError::Source(_) | ProofError::Uncovered { .. })
            | Self::File { .. }
            | Self::NoLog
            | Self::NoKey
            | Self::Name(_)
            | Self::Keyring(_)
            | Self::NoCheckpoint
            | Self::Runtime(_)
            | Self::Print(_) => 2,
        }
    }
}

pub(crate) fn audit(command: &Audit) -> Result<(), AuditFailure> {
    let runtime = runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(AuditFailure::Runtime)?.block_on(run(command))
}

async fn run(command: &Audit) -> Result<(), AuditFailure> {
    match command {
        Audit::Key { keyring, name } => {
            let keys = list_keys(&keyring.path)?;
            let mut active = keys.iter().filter(|key| key.state == KeyState::Active);
            let key = active.find_map(KeyInfo::ed25519).ok_or(AuditFailure::NoKey)?;
            say(&format!("{}\n", VerifierKey::new(name, key).ok_or(KeyNameError)?))
        }
        Audit::Verify { log, key, since } => {
            let since = since.iter().map(|path| {
                let note = String::from_utf8_lossy(&read(path, MAX_TEXT)?).into_owned();
                Ok(Since { name: path.display().to_string(), note })
            });
            let since = since.collect::<Result<Vec<_>, AuditFailure>>()?;
            let report = verify(&log.open().await?, key, &since).await?;
            say(&report.to_string())?;
            if report.faults.is_empty() { Ok(()) } else { Err(AuditFailure::Faults) }
        }
        Audit::Export { store, directory } => {
            let source = Place { store: store.clone(), directory: None }.open().await?;
            let done = export(&source, directory).await?.ok_or(AuditFailure::NoCheckpoint)?;
            let (size, new) = (done.head.size, done.head.size - done.from);
            say(&format!("{} holds {size} entries, {new} of them new\n", directory.display()))
        }
        Audit::Prove { position, log, entry } => {
            let source = log.open().await?;
            let proof = prove(&source, *position).await?;
            if let Some(path) = entry {
                let entry = source.entry(*position).await?.ok_or(ProofError::Entry)?;
                fs::write(path, entry)
                    .map_err(|source| AuditFailure::File { path: path.clone(), source })?;
            }
            say(&proof.to_string())
        }
        Audit::CheckProof { proof, key, entry } => {
            let text = read(proof, MAX_TEXT)?;
            let proof = Proof::parse(&String::from_utf8_lossy(&text))?;
            let mut entry = read(entry, MAX_ENTRY)?;
            // An entry is one line; its file may end it as the shell does.
            if entry.last() == Some(&b'\n') {
                entry.pop();
            }
            let head = proof.check(&entry, key)?;
            let (position, log, size) = (proof.index(), head.origin, head.size);
            say(&format!("{log} holds this entry at position {position} of {size}\n"))
        }
    }
}

impl Place {
    async fn open(&self) -> Result<Source, AuditFailure> {
        if let Some(directory) = &self.directory {
            return Ok(Source::Directory(directory.clone()));
        }
        let url = self.store.clone().or_else(|| env::var(STORE_URL).ok()).ok_or(AuditFailure::NoLog)?;
        Ok(Source::Store(connect(&url).await.map_err(SourceError::Store)?))
    }
}

/// Opens the store; none is made where there is none.
async fn connect(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    match url.strip_prefix("sqlite:").map(Path::new) {
        Some(path) if !path.exists() => {
            Err(StoreError { url: url.to_owned(), why: String::from("there is no such file") })
        }
        _ => store::connect(url).await,
    }
}

/// The first `limit` bytes of a file, or of standard input for `-`.
fn read(path: &Path, limit: u64) -> Result<Vec<u8>, AuditFailure> {
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        if path == Path::new("-") {
            io::stdin().lock().take(limit).read_to_end(&mut bytes)?;
        } else {
            fs::File::open(path)?.take(limit).read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    };
    read().map_err(|source| AuditFailure::File { path: path.into(), source })
}

fn say(text: &str) -> Result<(), AuditFailure> {
    Ok(print(text.as_bytes()).map_err(Box::new)?)
}
