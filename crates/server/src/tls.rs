//! TLS 1.2 and 1.3 by rustls, with a certificate that may be renewed while the server runs.

use crate::config::TlsFiles;
use ::aws_lc_rs::digest::{SHA256, digest};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use std::{fs, io, path::Path, path::PathBuf, sync::Arc, time::Duration};
use tokio::{sync::watch, time};
use zeroize::Zeroizing;

/// How often the files are looked at.
const INTERVAL: Duration = Duration::from_secs(1);

/// What a handshake is made with: [`follow_certificate`] replaces it whole.
pub type Certificate = watch::Receiver<Arc<ServerConfig>>;

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{path}: {source}; correct the path, or let this user read it", path = .path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
        /// Whether it is that of the key.
        is_key: bool,
    },
    /// The chain's file holds none.
    #[error("{}: no certificate in PEM (-----BEGIN CERTIFICATE-----) is in it", .0.display())]
    NoCertificate(PathBuf),
    /// The key's file holds none.
    #[error("{}: no private key in PEM (PKCS#8, SEC1 or PKCS#1, without a passphrase) is in it", .0.display())]
    NoKey(PathBuf),
    /// Both are there and do not serve.
    #[error("the certificate and its key cannot be used: {0}")]
    Unusable(rustls::Error),
}

/// The files' content, to tell a change by. Times of files tell less: a renewal within the same tick would be missed.
#[derive(PartialEq, Eq)]
struct Seen([Vec<u8>; 2]);

impl TlsError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "tls-certificate"
    }

    /// Whether it is about the key's file.
    pub(crate) fn is_of_key(&self) -> bool {
        matches!(self, Self::NoKey(_) | Self::Unreadable { is_key: true, .. })
    }
}

/// Reads the certificate and its key, and proves that they belong together.
///
/// # Errors
/// [`TlsError`], which holds nothing of the key.
pub fn load(files: &TlsFiles) -> Result<Arc<ServerConfig>, TlsError> {
    parse(files, &read(files)?)
}

/// Loads the certificate again whenever its files change, for as long as somebody receives it.
///
/// Files that do not serve, such as a new chain whose key is not there yet, are logged once, and the certificate before stays in use.
///
/// # Errors
/// [`TlsError`] where it cannot be loaded now.
pub fn follow_certificate(
    files: TlsFiles,
) -> Result<(Certificate, impl Future<Output = ()> + Send + 'static), TlsError> {
    let content = read(&files)?;
    let (sender, certificate) = watch::channel(parse(&files, &content)?);
    let mut seen = Seen::of(&content);
    let following = async move {
        let mut ticks = time::interval(INTERVAL);
        loop {
            tokio::select! {
                () = sender.closed() => return,
                _ = ticks.tick() => {}
            }
            // Two small files: read here, as the keyring is, and not on another thread.
            let loaded = match read(&files) {
                Ok(content) => {
                    let now = Seen::of(&content);
                    if now == seen {
                        continue;
                    }
                    seen = now;
                    parse(&files, &content)
                }
                Err(_) if seen.is_nothing() => continue,
                Err(error) => {
                    seen = Seen::nothing();
                    Err(error)
                }
            };
            match loaded {
                Ok(config) => {
                    tracing::info!("certificate loaded again");
                    sender.send_replace(config);
                }
                Err(error) => {
                    tracing::error!(code = error.code(), %error, "certificate not loaded; the one before stays in use");
                }
            }
        }
    };
    Ok((certificate, following))
}

impl Seen {
    fn of(content: &[Zeroizing<Vec<u8>>; 2]) -> Self {
        Self(content.each_ref().map(|bytes| digest(&SHA256, bytes).as_ref().to_vec()))
    }

    fn nothing() -> Self {
        Self([Vec::new(), Vec::new()])
    }

    fn is_nothing(&self) -> bool {
        *self == Self::nothing()
    }
}

fn read(files: &TlsFiles) -> Result<[Zeroizing<Vec<u8>>; 2], TlsError> {
    let read = |path: &Path, is_key| {
        let unreadable = |source| TlsError::Unreadable { path: path.to_owned(), source, is_key };
        fs::read(path).map(Zeroizing::new).map_err(unreadable)
    };
    Ok([read(&files.certificate, false)?, read(&files.key, true)?])
}

fn parse(files: &TlsFiles, [chain, key]: &[Zeroizing<Vec<u8>>; 2]) -> Result<Arc<ServerConfig>, TlsError> {
    let no_certificate = || TlsError::NoCertificate(files.certificate.clone());
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>().map_err(|_| no_certificate())?;
    if chain.is_empty() {
        return Err(no_certificate());
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::NoKey(files.key.clone()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(TlsError::Unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
