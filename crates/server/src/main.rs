//! The `tillseal` program: keys, open, seal, serve.
//!
//! It ends with 0 when all went well, 1 when a payload or a form was refused, and 2 when the command line,
//! the keys, a file or the network was not as it should be.

mod replay;
mod serve;

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};
use tillseal_protocol::{Algorithm, ClaimsError, Fields, Jwks, KeyError, MAX_SEALED, Recipient};
use tillseal_server::{
    DEFAULT_LEEWAY, Expect, KeyState, Keyring, KeyringError, OpenError, SealError, create_key, decrypt,
    seal, set_state, unix_now,
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
    Keys(Keys),
    /// Open one sealed payload: JWE on standard input, claims as JSON on standard output
    Open(Open),
    /// Seal as a page would: one JSON object of field names and texts in, JWE out
    Seal(Seal),
    /// Serve the public keys and POST /v1/open
    Serve(serve::Serve),
    /// Replay recorded pointer traces through the collector and the model
    #[command(subcommand)]
    Signals(replay::Signals),
}

#[derive(Subcommand)]
enum Keys {
    /// Make a fresh key; pages seal to it from now on
    New {
        #[command(flatten)]
        keyring: Directory,
        /// How payloads for the key are sealed
        #[arg(long, value_enum, ignore_case = true, default_value = "ECDH-ES")]
        alg: Alg,
    },
    /// Show every key with its state, the newest first
    List(Directory),
    /// Print the public keys (JWKS) that pages load
    Public(Directory),
    /// Publish a key no longer, but still open what was sealed to it
    Retire {
        /// The key's kid, as `keys list` shows it
        // A kid is base64url, and one in 64 begins with a hyphen.
        #[arg(allow_hyphen_values = true)]
        kid: String,
        #[command(flatten)]
        keyring: Directory,
    },
    /// Open nothing with a key any more; this cannot be undone
    Revoke {
        /// The key's kid, as `keys list` shows it
        // A kid is base64url, and one in 64 begins with a hyphen.
        #[arg(allow_hyphen_values = true)]
        kid: String,
        #[command(flatten)]
        keyring: Directory,
    },
}

#[derive(Args)]
struct Directory {
    /// The keyring: a directory of private JWK files
    #[arg(long = "keys", value_name = "DIR")]
    path: PathBuf,
}

#[derive(Args)]
struct Open {
    #[command(flatten)]
    keyring: Directory,
    /// Refuse a payload of another origin
    #[arg(long, value_parser = origin)]
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
    #[arg(long, value_parser = origin, default_value = "https://shop.example")]
    origin: String,
}

/// An `alg`, by the standards' own name.
#[derive(Clone, Copy, ValueEnum)]
enum Alg {
    /// Every JOSE library opens it
    #[value(name = "ECDH-ES")]
    EcdhEs,
    /// For teams with an HPKE library
    #[value(name = "HPKE-7")]
    Hpke7,
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
    #[error("standard input: {0}")]
    Input(io::Error),
    #[error("standard output: {0}")]
    Output(io::Error),
    #[error("cannot listen on {address}: {source}; choose another one with --listen")]
    Listen { address: std::net::SocketAddr, source: io::Error },
    #[error("the server stopped: {0}")]
    Serve(io::Error),
    #[error(transparent)]
    Replay(#[from] replay::ReplayError),
}

impl Failure {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Open(_) | Self::Seal(_) | Self::Fields(_) => 1,
            Self::Keyring(_)
            | Self::Jwks { .. }
            | Self::Input(_)
            | Self::Output(_)
            | Self::Listen { .. }
            | Self::Serve(_)
            | Self::Replay(_) => 2,
        }
    }
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Keys(command) => keys(&command),
        Command::Open(command) => open(&command),
        Command::Seal(command) => sealed(&command),
        Command::Serve(command) => serve::serve(&command),
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

fn keys(command: &Keys) -> Result<(), Failure> {
    match command {
        Keys::New { keyring, alg } => {
            let kid = create_key(&keyring.path, alg.algorithm(), unix_now())?;
            eprintln!(
                "Made a key in {}; pages seal to it as soon as they load the JWKS.",
                keyring.path.display()
            );
            print(format!("{}\n", kid.as_str()).as_bytes())
        }
        Keys::List(keyring) => list(&keyring.path),
        Keys::Public(keyring) => {
            let jwks = Keyring::load(&keyring.path)?.jwks();
            let mut text =
                serde_json::to_vec_pretty(&jwks).map_err(|error| Failure::Output(error.into()))?;
            text.push(b'\n');
            print(&text)
        }
        Keys::Retire { kid, keyring } => {
            set_state(&keyring.path, kid, KeyState::DecryptOnly)?;
            eprintln!("Retired: no longer published, still opens what was sealed to it.");
            warn_if_none_is_published(&keyring.path)
        }
        Keys::Revoke { kid, keyring } => {
            set_state(&keyring.path, kid, KeyState::Revoked)?;
            eprintln!("Revoked: opens nothing any more.");
            warn_if_none_is_published(&keyring.path)
        }
    }
}

fn list(directory: &Path) -> Result<(), Failure> {
    let keyring = Keyring::load(directory)?;
    if keyring.keys().next().is_none() {
        eprintln!("No key yet; make one with `tillseal keys new --keys {}`.", directory.display());
        return Ok(());
    }
    let now = unix_now();
    let mut text = format!("{:43}  {:8}  {:12}  {}\n", "kid", "alg", "state", "made");
    text.extend(keyring.keys().map(|key| {
        let (kid, alg) = (key.kid().as_str(), key.algorithm().name());
        format!("{kid:43}  {alg:8}  {:12}  {}\n", key.state(), made(key.iat(), now))
    }));
    print(text.as_bytes())
}

fn made(iat: u64, now: u64) -> String {
    match (iat, now.saturating_sub(iat) / (24 * 60 * 60)) {
        (0, _) => String::from("unknown"),
        (_, 0) => String::from("today"),
        (_, 1) => String::from("1 day ago"),
        (_, days) => format!("{days} days ago"),
    }
}

fn open(command: &Open) -> Result<(), Failure> {
    let keyring = Keyring::load(&command.keyring.path)?;
    let sealed = input()?;
    // A line break at the end is the shell's, not the payload's; what is not UTF-8 is no payload either.
    let sealed = str::from_utf8(sealed.trim_ascii_end()).unwrap_or_default();
    let claims = decrypt(&keyring, sealed)?;
    // What is not asked for is not compared: the person sees origin and iat in the claims.
    let expect = Expect {
        origin: command.origin.as_deref().unwrap_or(&claims.origin),
        now: unix_now(),
        max_age: command.max_age.unwrap_or(u64::MAX),
        leeway: command.max_age.map_or(u64::MAX, |_| DEFAULT_LEEWAY),
    };
    expect.is_met_by(&claims)?;
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

impl Alg {
    fn algorithm(self) -> Algorithm {
        match self {
            Self::EcdhEs => Algorithm::EcdhEs,
            Self::Hpke7 => Algorithm::Hpke7,
        }
    }
}

fn warn_if_none_is_published(directory: &Path) -> Result<(), Failure> {
    if Keyring::load(directory)?.jwks().keys.is_empty() {
        eprintln!("No active key is left: pages cannot seal until you run `tillseal keys new`.");
    }
    Ok(())
}

/// An origin as a browser writes it. It is compared as it stands, so a slip here would refuse every payment.
fn origin(text: &str) -> Result<String, String> {
    let is_written_so = |host: &str| {
        let is_part =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte);
        !host.is_empty() && host.bytes().all(is_part)
    };
    match text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) {
        Some(host) if is_written_so(host) => Ok(text.to_owned()),
        _ => Err(String::from(
            "write it as a browser does: https://shop.example, in lower case, without a path or a final slash",
        )),
    }
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
    use super::{Cli, origin};
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

    #[test]
    fn an_origin_is_taken_as_a_browser_writes_it() {
        for taken in
            ["https://shop.example", "http://localhost:8080", "http://127.0.0.1", "http://[::1]:8080"]
        {
            assert_eq!(origin(taken).as_deref(), Ok(taken));
        }
        for refused in [
            "",
            "shop.example",
            "https://",
            "https://shop.example/",
            "https://Shop.example",
            "https://a@b",
            "https://a?b",
        ] {
            assert!(origin(refused).is_err(), "{refused}");
        }
    }
}
