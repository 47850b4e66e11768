//! The file as it is written. Every option knows its place in the text.

use serde::Deserialize;
use std::path::PathBuf;
use toml::Spanned;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct File {
    pub(super) listen: Option<Spanned<String>>,
    pub(super) origins: Vec<Spanned<String>>,
    pub(super) issuer: Option<Spanned<String>>,
    pub(super) max_age: Option<Spanned<u64>>,
    pub(super) leeway: Option<Spanned<u64>>,
    pub(super) tls: Option<Spanned<Tls>>,
    pub(super) keys: Keys,
    pub(super) store: Store,
    pub(super) sessions: Sessions,
    pub(super) audit: Audit,
    pub(super) limits: Limits,
    pub(super) tokens: Vec<Spanned<Token>>,
    pub(super) log: Log,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Tls {
    pub(super) certificate: Option<Spanned<PathBuf>>,
    pub(super) key: Option<Spanned<PathBuf>>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Keys {
    pub(super) directory: Option<Spanned<PathBuf>>,
    pub(super) key_file: Option<Spanned<PathBuf>>,
    pub(super) pkcs11: Option<Spanned<Pkcs11>>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Pkcs11 {
    pub(super) module: Option<Spanned<PathBuf>>,
    pub(super) token: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Store {
    pub(super) url: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Sessions {
    pub(super) lifetime: Option<Spanned<u64>>,
    pub(super) required: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Audit {
    pub(super) origin: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Limits {
    pub(super) body: Option<Spanned<u64>>,
    pub(super) request_seconds: Option<Spanned<u64>>,
    pub(super) body_seconds: Option<Spanned<u64>>,
    pub(super) header_seconds: Option<Spanned<u64>>,
    pub(super) connections: Option<Spanned<u64>>,
    pub(super) requests_per_second: Option<Spanned<u64>>,
    pub(super) burst: Option<Spanned<u64>>,
    pub(super) in_flight: Option<Spanned<u64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Token {
    pub(super) name: Spanned<String>,
    pub(super) scopes: Spanned<Vec<Spanned<String>>>,
    pub(super) sha256: Spanned<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Log {
    pub(super) format: Option<Spanned<String>>,
    pub(super) level: Option<Spanned<String>>,
}
