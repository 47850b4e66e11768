//! TLS: handshakes, what is none, and a certificate that is renewed.

use crate::support::{Plan, Site, TestResult, quick};
use rustls::{
    ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, StreamOwned, SupportedProtocolVersion,
    pki_types::{CertificateDer, ServerName},
    version::{TLS12, TLS13},
};
use std::{
    fs,
    io::{Read as _, Write as _},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tillseal_server::{
    config::TlsFiles,
    tls::{self, TlsError},
};
use tokio::runtime;

struct Authority {
    directory: TempDir,
    files: TlsFiles,
}

impl Authority {
    fn new() -> TestResult<Self> {
        let directory = tempfile::tempdir()?;
        let (certificate, key) = (directory.path().join("chain.pem"), directory.path().join("key.pem"));
        Ok(Self { directory, files: TlsFiles { certificate, key } })
    }

    /// Makes a certificate, puts its key and then itself in place, and gives what a client must trust.
    fn renew(&self) -> TestResult<CertificateDer<'static>> {
        let made = rcgen::generate_simple_self_signed([String::from("shop.example")])?;
        fs::write(&self.files.key, made.signing_key.serialize_pem())?;
        fs::write(&self.files.certificate, made.cert.pem())?;
        Ok(made.cert.der().clone())
    }
}

/// A site over TLS, and the thread that follows its certificate.
fn start(authority: &Authority) -> TestResult<Site> {
    let (certificate, following) = tls::follow_certificate(authority.files.clone())?;
    thread::spawn(move || {
        if let Ok(runtime) = runtime::Builder::new_current_thread().enable_all().build() {
            runtime.block_on(following);
        }
    });
    let mut plan = Plan::new(quick());
    plan.certificate = Some(certificate);
    plan.start()
}

fn hello(
    site: &Site,
    trusted: &CertificateDer<'static>,
    versions: &[&'static SupportedProtocolVersion],
) -> TestResult<(String, Option<ProtocolVersion>)> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone())?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions)?;
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("shop.example")?;
    let mut stream = StreamOwned::new(ClientConnection::new(Arc::new(config), name)?, site.connect()?);
    stream.write_all(b"GET /hello HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok((answer, stream.conn.protocol_version()))
}

#[test]
fn both_versions_are_spoken_and_the_end_is_told() -> TestResult {
    let authority = Authority::new()?;
    let trusted = authority.renew()?;
    let site = start(&authority)?;
    for (version, spoken) in [(&TLS12, ProtocolVersion::TLSv1_2), (&TLS13, ProtocolVersion::TLSv1_3)] {
        // `read_to_string` fails where the server ends without close_notify.
        let (answer, version) = hello(&site, &trusted, &[version])?;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("hello"), "{answer}");
        assert_eq!(version, Some(spoken));
    }
    Ok(())
}

#[test]
fn a_renewed_certificate_is_used_without_a_restart() -> TestResult {
    let authority = Authority::new()?;
    let before = authority.renew()?;
    let site = start(&authority)?;
    hello(&site, &before, &[&TLS13])?;
    let start = Instant::now();
    let after = authority.renew()?;
    while hello(&site, &after, &[&TLS13]).is_err() {
        assert!(start.elapsed() < Duration::from_secs(10), "still the old one");
        thread::sleep(Duration::from_millis(50));
    }
    assert!(hello(&site, &before, &[&TLS13]).is_err());

    // What does not serve leaves the one before in use.
    for broken in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        fs::write(&authority.files.certificate, broken)?;
        thread::sleep(Duration::from_millis(1300));
        hello(&site, &after, &[&TLS13])?;
    }
    fs::remove_file(&authority.files.certificate)?;
    thread::sleep(Duration::from_millis(1300));
    hello(&site, &after, &[&TLS13])?;
    let latest = authority.renew()?;
    let start = Instant::now();
    while hello(&site, &latest, &[&TLS13]).is_err() {
        assert!(start.elapsed() < Duration::from_secs(10), "it did not recover");
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

#[test]
fn what_is_no_handshake_ends_the_connection_alone() -> TestResult {
    let authority = Authority::new()?;
    let trusted = authority.renew()?;
    let site = start(&authority)?;
    let garbage: [&[u8]; 5] = [
        b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"\x16\x03\x01\xff\xff\x01\x00\xff\xff",
        b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
        &[0xff; 5000],
    ];
    for bytes in garbage {
        let (answer, start) = (site.raw(bytes)?, Instant::now());
        assert!(!answer.contains("hello") && !answer.contains("HTTP/1.1"), "{answer:?}");
        assert!(start.elapsed() < Duration::from_secs(4));
        hello(&site, &trusted, &[&TLS13])?;
    }
    // Nobody who says nothing is waited for longer than for a head.
    let start = Instant::now();
    site.raw(b"")?;
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    // The client may be told a moment before it is counted.
    thread::sleep(Duration::from_millis(200));
    assert!(
        site.metrics.text().contains("tillseal_tls_handshake_failures_total 6"),
        "{}",
        site.metrics.text()
    );
    Ok(())
}

#[test]
fn files_that_do_not_serve_are_told_apart() -> TestResult {
    let authority = Authority::new()?;
    let files = &authority.files;
    let load = || tls::load(files).err();
    assert!(matches!(load(), Some(TlsError::Unreadable { is_key: false, .. })));
    authority.renew()?;
    assert!(load().is_none());
    let (chain, key) = (fs::read(&files.certificate)?, fs::read(&files.key)?);
    fs::remove_file(&files.key)?;
    assert!(matches!(load(), Some(TlsError::Unreadable { is_key: true, .. })));
    fs::write(&files.key, "no key")?;
    assert!(matches!(load(), Some(TlsError::NoKey(_))));
    fs::write(&files.key, &chain)?;
    assert!(matches!(load(), Some(TlsError::NoKey(_))));
    fs::write(&files.key, &key)?;
    fs::write(&files.certificate, &key)?;
    assert!(matches!(load(), Some(TlsError::NoCertificate(_))));
    authority.renew()?;
    fs::write(&files.key, &key)?;
    assert!(matches!(load(), Some(TlsError::Unusable(_))), "another certificate's key");
    assert!(authority.directory.path().exists());
    Ok(())
}
