//! Secrets come by the environment: `NAME`, or `NAME_FILE` with the path of a file that holds it, as container platforms give them.

use super::ConfigError;
use std::{ffi::OsString, fs};
use zeroize::Zeroizing;

/// The store's url, which may hold a password.
pub(super) const STORE_URL: &str = "TILLSEAL_STORE_URL";
/// What unseals the key files.
pub(super) const KEYS_PASSPHRASE: &str = "TILLSEAL_KEYS_PASSPHRASE";
/// The user PIN of the PKCS#11 token.
pub(super) const PKCS11_PIN: &str = "TILLSEAL_PKCS11_PIN";

/// The environment, by name.
pub(super) struct Environment<'a>(pub(super) &'a dyn Fn(&str) -> Option<OsString>);

impl Environment<'_> {
    /// The secret of this name, where there is one.
    pub(super) fn secret(&self, name: &str) -> Result<Option<Zeroizing<String>>, ConfigError> {
        let file_name = format!("{name}_FILE");
        let wrong =
            |variable: &str, why: String| ConfigError::Secret { variable: variable.to_owned(), why };
        let (variable, text) = match ((self.0)(name), (self.0)(&file_name)) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => {
                return Err(wrong(name, format!("{file_name} is set as well; unset one of them")));
            }
            (Some(value), None) => {
                let text =
                    value.into_string().map_err(|_| wrong(name, String::from("it is not UTF-8 text")))?;
                (name, Zeroizing::new(text))
            }
            (None, Some(path)) => {
                let text = fs::read_to_string(&path)
                    .map_err(|error| wrong(&file_name, format!("the file that it names: {error}")))?;
                (file_name.as_str(), Zeroizing::new(text))
            }
        };
        // The line break at the end of a file is the editor's, not the secret's.
        match text.trim_end_matches(['\r', '\n']) {
            "" => Err(wrong(variable, String::from("it is empty; give the secret, or unset it"))),
            secret => Ok(Some(Zeroizing::new(secret.to_owned()))),
        }
    }
}
