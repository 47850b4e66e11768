//! The `tillseal` program: keys, open, seal, serve, audit.
//!
//! It ends with 0 when all went well, 1 when a payload, a form or the audit log was refused, and 2 when the command line,
//! the keys, a file or the network was not as it should be.

mod audit_cli;
mod keys_cli;
mod operate;
mod replay;
mod serve;

use clap::{Args, Parser, Subcommand};
use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::PathBuf,
    process::ExitCode,
};
use tillseal_protocol::{ClaimsError, Fields, Jwks, KeyError, MAX_SEALED, Recipient};
use tillseal_server::{
    DEFAULT_LEEWAY, Expect, Keyring, KeyringError, OpenError, SealError,
    audit::LogError,
    config::{ConfigErrors, parse_origin},
    decrypt, seal,
    store::StoreError,
    tls::TlsError,
    unix_now,
};
use zeroize::Zeroizing;

/// Makes keys, opens what a Tillseal checkout sealed, and serves both over HTTP.
#[derive(Parser)]
#[command(name = "tillseal", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make, list, publish, retire and revoke keys
    #[command(subcommand)]
    Keys(keys_cli::Keys),
    /// Open one sealed payload: JWE on standard input, claims as JSON on standard output
    Open(Open),
    /// Seal as a page would: one JSON object of field names and texts in, JWE out
    Seal(Seal),
    /// Serve public keys, sessions and verdicts over HTTP
    Serve(serve::Serve),
    /// Print and check the configuration of `serve`
    #[command(subcommand)]
    Config(operate::Configuration),
    /// Make the tokens that callers of `serve` send
    #[command(subcommand)]
    Tokens(operate::Tokens),
    /// Verify the audit log, copy it, prove what it holds
    #[command(subcommand)]
    Audit(audit_cli::Audit),
    /// Replay recorded pointer traces through the collector and the model
    #[command(subcommand)]
    Signals(replay::Signals),
}

#[derive(Args)]
struct Open {
    #[command(flatten)]
    keyring: keys_cli::Directory,
    #[command(flatten)]
    custody: keys_cli::CustodyArgs,
    /// Refuse a payload of another origin
    #[arg(long, value_parser = parse_origin)]
    origin: Option<String>,
    /// Refuse a payload older than this
    #[arg(long, value_name = "SECONDS")]
    max_age: Option<u64>,
}

#[derive(Args)]
struct Seal {
    /// The public keys: a JWKS file, as `keys public` prints it
    #[arg(long, value_name = "FILE")]
    jwks: PathBuf,
    /// Seal to this key instead of the first one
    #[arg(long, allow_hyphen_values = true)]
    kid: Option<String>,
    /// The origin that the payload says it comes from
    #[arg(long, value_parser = parse_origin, default_value = "https://shop.example")]
    origin: String,
}

/// Why the program ends without having done what was asked.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("refused [{code}]: {0}", code = .0.code())]
    Open(#[from] OpenError),
    #[error("refused [{code}]: {0}", code = .0.code())]
    Seal(#[from] SealError),
    #[error(
        "refused [fields]: standard input must hold one JSON object of field names and texts, each name once"
    )]
    Fields(#[from] ClaimsError),
    #[error("[{code}] {0}", code = .0.code())]
    Keyring(#[from] KeyringError),
    #[error("[{code}] {path}: {why}")]
    Jwks { path: PathBuf, code: &'static str, why: String },
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    #[error("[{code}] {0}", code = .0.code())]
    Tls(#[from] TlsError),
    #[error("[random] the system gave no randomness; no token was made")]
    Random,
    #[error("standard input: {0}")]
    Input(io::Error),
    #[error("standard output: {0}")]
    Output(io::Error),
    #[error(
        "cannot listen on {address}: {source}; choose another one with --listen, or `listen` in the file"
    )]
    Listen { address: std::net::SocketAddr, source: io::Error },
    #[error("the server stopped: {0}")]
    Serve(io::Error),
    #[error("[{code}] {0}", code = .0.code())]
    Store(#[from] StoreError),
    #[error("[{code}] {0}", code = .0.code())]
    Log(#[from] LogError),
    #[error(
        "[audit-foreign] the store has an audit log whose key is not in the keyring; start with the keyring that belongs to it"
    )]
    LogKey,
    #[error(transparent)]
    Replay(#[from] replay::ReplayError),
    #[error(transparent)]
    Audit(#[from] audit_cli::AuditFailure),
}

impl Failure {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Open(_) | Self::Seal(_) | Self::Fields(_) => 1,
            Self::Keyring(_)
            | Self::Jwks { .. }
            | Self::Config(_)
            | Self::Tls(_)
            | Self::Random
            | Self::Input(_)
            | Self::Output(_)
            | Self::Listen { .. }
            | Self::Serve(_)
            | Self::Store(_)
            | Self::Log(_)
            | Self::LogKey
            | Self::Replay(_) => 2,
            Self::Audit(failure) => failure.exit_code(),
        }
    }
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Keys(command) => keys_cli::keys(&command),
        Command::Open(command) => open(&command),
        Command::Seal(command) => sealed(&command),
        Command::Serve(command) => serve::serve(&command),
        Command::Config(command) => operate::configuration(&command),
        Command::Tokens(command) => operate::tokens(&command),
        Command::Audit(command) => audit_cli::audit(&command).map_err(Failure::from),
        Command::Signals(command) => replay::signals(&command).map_err(Failure::from),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("tillseal: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

fn open(command: &Open) -> Result<(), Failure> {
    let keyring = Keyring::load_with(&command.keyring.path, &command.custody.open(&command.keyring.path)?)?;
    let sealed = input()?;
    // A line break at the end is the shell's, not the payload's; what is not UTF-8 is no payload either.
    let sealed = str::from_utf8(sealed.trim_ascii_end()).unwrap_or_default();
    let claims = decrypt(&keyring, sealed, unix_now())?;
    // What is not asked for is not compared: the person sees origin and iat in the claims.
    if command.origin.is_some() || command.max_age.is_some() {
        let expect = Expect {
            max_age: command.max_age.unwrap_or(u64::MAX),
            leeway: command.max_age.map_or(u64::MAX, |_| DEFAULT_LEEWAY),
            ..Expect::new(command.origin.as_deref().unwrap_or(&claims.origin), unix_now())
        };
        tillseal_server::open(&keyring, sealed, &expect)?;
    }
    print(&claims.to_json())?;
    print(b"\n")
}

fn sealed(command: &Seal) -> Result<(), Failure> {
    let path = &command.jwks;
    let unusable = |code, why: String| Failure::Jwks { path: path.clone(), code, why };
    let text = fs::read(path).map_err(|error| unusable("key-load", error.to_string()))?;
    let jwks: Jwks = serde_json::from_slice(&text).map_err(|_| {
        unusable("key-load", String::from("is not a JWK Set; `tillseal keys public` prints one"))
    })?;
    let recipient = Recipient::choose(&jwks.keys, command.kid.as_deref())
        .map_err(|error: KeyError| unusable(error.code(), error.to_string()))?;
    let fields: Fields = serde_json::from_slice(&input()?).map_err(|_| ClaimsError)?;
    let mut sealed = seal(&recipient, &fields, unix_now(), &command.origin)?;
    sealed.push('\n');
    print(sealed.as_bytes())
}

/// All of standard input, wiped once it is read: it may hold card data.
fn input() -> Result<Zeroizing<Vec<u8>>, Failure> {
    // A payload and fields are shorter than this, and a buffer that never grows leaves no copy behind.
    const LONGEST: usize = 4 * MAX_SEALED;
    let mut text = Zeroizing::new(vec![0; LONGEST]);
    let (mut stdin, mut length) = (io::stdin().lock(), 0);
    loop {
        match stdin.read(&mut text[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Failure::Input(error)),
        }
    }
    text.truncate(length);
    Ok(text)
}

fn print(text: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text).and_then(|()| stdout.flush()).map_err(Failure::Output)
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::{CommandFactory as _, Parser as _};

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_kid_may_begin_with_a_hyphen() {
        for kid in
            ["-hVkeysMUwrD7q-zJ3Fa0_yT9bQe5sXcLp1nKd2oRg8", "--keysMUwrD7q-zJ3Fa0_yT9bQe5sXcLp1nKd2oRg8"]
        {
            for line in [
                &["tillseal", "keys", "revoke", kid, "--keys", "x"][..],
                &["tillseal", "keys", "revoke", "--keys", "x", kid],
                &["tillseal", "keys", "retire", "--keys", "x", kid],
                &["tillseal", "seal", "--jwks", "x", "--kid", kid],
            ] {
                assert!(Cli::try_parse_from(line).is_ok(), "{line:?}");
            }
        }
    }
}
