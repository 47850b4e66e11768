//! `tillseal config` and `tillseal tokens`: what an operator does before `tillseal serve`.

use crate::{Failure, print};
use clap::{Subcommand, ValueEnum};
use std::{env, path::PathBuf};
use tillseal_server::{
    config::{Config, EXAMPLE, Flags},
    tokens::{Scope, Token},
};

#[derive(Subcommand)]
pub(crate) enum Configuration {
    /// Print a file with every option and its default
    Example,
    /// Check a file, and the secrets in the environment
    Check {
        /// The file
        file: PathBuf,
    },
}

#[derive(Subcommand)]
pub(crate) enum Tokens {
    /// Make a token: itself on standard output, once, and on standard error what the configuration says of it
    New {
        /// What the log calls it
        #[arg(long, value_parser = name)]
        name: String,
        /// What it may be used for, once for each
        #[arg(long = "scope", value_enum, required = true)]
        scopes: Vec<ScopeName>,
    },
}

/// A [`Scope`], by its name.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScopeName {
    /// Open payloads
    Open,
    /// Issue checkout sessions
    Sessions,
    /// Keys, audit and metrics
    Admin,
}

pub(crate) fn configuration(command: &Configuration) -> Result<(), Failure> {
    match command {
        Configuration::Example => print(EXAMPLE.as_bytes()),
        Configuration::Check { file } => {
            let config = Config::load(Some(file), Flags::default(), |name| env::var_os(name))?;
            print(found(&config).as_bytes())
        }
    }
}

pub(crate) fn tokens(command: &Tokens) -> Result<(), Failure> {
    let Tokens::New { name, scopes } = command;
    let mut asked: Vec<Scope> = Vec::new();
    for scope in scopes.iter().map(|scope| scope.scope()) {
        if !asked.contains(&scope) {
            asked.push(scope);
        }
    }
    // The name is checked by now.
    let (text, token) = Token::generate(name, asked).ok().flatten().ok_or(Failure::Random)?;
    eprintln!("Shown this once; the caller sends it as Authorization: Bearer. The configuration says:\n");
    eprint!("{}", token.to_toml());
    print(text.as_bytes())?;
    print(b"\n")
}

fn name(text: &str) -> Result<String, String> {
    // Any hash will do to have the name checked.
    Token::new(text, Vec::new(), &"0".repeat(64))
        .map(|_| text.to_owned())
        .map_err(|error| error.to_string())
}

/// What the file comes to, for a person to compare with what was meant. No secret is in it.
fn found(config: &Config) -> String {
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let store = config.store.split_once(':').map_or("", |(kind, _)| kind);
    let origins = if config.origins.is_empty() { String::from("any") } else { config.origins.join(", ") };
    let mut text = format!(
        "listens on {scheme}://{}\nkeys in {}\nstore {store}\norigins {origins}\n",
        config.listen,
        config.keys.directory.display()
    );
    for token in &config.tokens {
        let scopes: Vec<_> = token.scopes().iter().map(|scope| scope.name()).collect();
        text.extend(["token ", token.name(), ": ", &scopes.join(", "), "\n"]);
    }
    if config.tokens.is_empty() {
        text.push_str("no token: everybody on this machine may do everything\n");
    }
    text
}

impl ScopeName {
    fn scope(self) -> Scope {
        match self {
            Self::Open => Scope::Open,
            Self::Sessions => Scope::Sessions,
            Self::Admin => Scope::Admin,
        }
    }
}
