//! Another implementation checks what we write: that of the Go project, where signed notes and tiles come from.
//!
//! Its source comes with the Go that `tests/requirements.txt` installs, among the libraries of the `go` command.

use crate::{
    memory::Memory,
    support::{TestResult, entry, grow, key},
};
use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Arc,
};
use tillseal_server::{
    audit::{Source, export, prove},
    store::Store,
};

const OLDER: u64 = 300;
const SIZE: u64 = 66_000;

#[tokio::test]
async fn go_finds_the_log_as_we_do() -> TestResult {
    let Some(check) = build()? else { return Ok(()) };
    let place = tempfile::tempdir()?;
    let store: Arc<dyn Store> = Arc::new(Memory::default());
    let source = Source::Store(Arc::clone(&store));
    let directory = place.path().join("log");

    grow(&store, OLDER).await?;
    export(&source, &directory).await?;
    let older = place.path().join("older");
    fs::copy(directory.join("checkpoint"), &older)?;
    grow(&store, SIZE).await?;
    export(&source, &directory).await?;
    let mut proofs = Vec::new();
    for position in [0, 1, 255, 256, 299, 300, 65_535, 65_536, SIZE - 1] {
        let path = place.path().join(format!("{position}.tlog-proof"));
        fs::write(&path, prove(&source, position).await?.to_string())?;
        proofs.push(path);
    }

    let vkey = key()?.vkey().to_string();
    let run =
        |vkey: &str| Command::new(&check).arg(vkey).arg(&directory).arg(&older).args(&proofs).output();
    let output = run(&vkey)?;
    assert_eq!(
        text(&output.stdout),
        "66000 entries, 9 proofs, grown from 300\n",
        "{}",
        text(&output.stderr)
    );

    // And it would tell: each in turn is altered, refused and put back.
    for path in [
        "checkpoint", "tile/0/000", "tile/0/257.p/208", "tile/1/001.p/1", "tile/entries/017",
        "tile/2/000.p/1",
    ] {
        refused_when_altered(&directory.join(path), || run(&vkey))?;
    }
    refused_when_altered(&older, || run(&vkey))?;
    for proof in [&proofs[0], &proofs[8]] {
        refused_when_altered(proof, || run(&vkey))?;
    }
    let stranger = tillseal_server::audit::LogKey::from_seed(key()?.name(), &[8; 32])?;
    assert!(!run(&stranger.vkey().to_string())?.status.success());
    assert!(run(&vkey)?.status.success());
    assert_eq!(store.entries(17 * 256..17 * 256 + 1).await?, [entry(17 * 256)]);
    Ok(())
}

fn refused_when_altered(path: &Path, run: impl Fn() -> io::Result<Output>) -> TestResult {
    let content = fs::read(path)?;
    let mut altered = content.clone();
    let place = altered.len() - 20;
    altered[place] ^= 1;
    fs::write(path, altered)?;
    assert!(!run()?.status.success(), "{} altered", path.display());
    fs::write(path, content)?;
    Ok(())
}

/// Compiles the program, or tells that there is no Go: a failure where `CI` is set.
fn build() -> TestResult<Option<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let go = root.join("target/venv/bin/go");
    if !go.exists() {
        let how = "Go is not installed: `cargo xtask test` does it, from tests/requirements.txt";
        if env::var_os("CI").is_some() {
            return Err(how.into());
        }
        eprintln!("skipped: {how}");
        return Ok(None);
    }
    let goroot = Command::new(&go).args(["env", "GOROOT"]).output()?;
    let library = Path::new(text(&goroot.stdout).trim()).join("src/cmd/vendor/golang.org/x/mod/sumdb");

    // Without modules, imports are looked up below GOPATH/src, and nothing is looked up in the network.
    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("audit-go");
    for package in ["note", "tlog"] {
        let copy = work.join("src/golang.org/x/mod/sumdb").join(package);
        fs::create_dir_all(&copy)?;
        for file in fs::read_dir(library.join(package))? {
            let file = file?;
            fs::copy(file.path(), copy.join(file.file_name()))?;
        }
    }
    let program = work.join("check");
    let output = Command::new(&go)
        .args(["build", "-o"])
        .args([&program, &root.join("tests/interop/audit/check.go")])
        .env("GOPATH", &work)
        .env("GOCACHE", work.join("cache"))
        .env("GOFLAGS", "-mod=mod")
        .env("GO111MODULE", "off")
        .output()?;
    assert!(output.status.success(), "{}", text(&output.stderr));
    Ok(Some(program))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
