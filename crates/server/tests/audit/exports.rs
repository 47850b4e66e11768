//! A log as files: what is written, and what is found when they are tampered with.

use crate::{
    memory::{Content, Memory},
    support::{TestResult, check_source, codes, content, entry, grow, note},
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::TempDir;
use tillseal_server::{
    audit::{Fault, Resource, Source, export, prove},
    store::{Store, TileId},
};

const SIZE: u64 = 600;

struct Directory {
    place: TempDir,
    source: Source,
}

impl Directory {
    async fn of(content: Content) -> TestResult<Self> {
        let place = tempfile::tempdir()?;
        let source = Source::Directory(place.path().join("log"));
        let directory = Self { place, source };
        directory.take(content).await?;
        Ok(directory)
    }

    async fn take(&self, content: Content) -> TestResult {
        let exported = export(&Source::Store(Arc::new(Memory::new(content))), &self.path()).await?;
        exported.ok_or("nothing was exported")?;
        Ok(())
    }

    fn path(&self) -> PathBuf {
        self.place.path().join("log")
    }

    fn files(&self) -> TestResult<Vec<PathBuf>> {
        fn below(path: &Path, files: &mut Vec<PathBuf>) -> TestResult {
            for entry in fs::read_dir(path)? {
                let path = entry?.path();
                if path.is_dir() { below(&path, files)? } else { files.push(path) }
            }
            Ok(())
        }
        let mut files = Vec::new();
        below(&self.path(), &mut files)?;
        files.sort();
        Ok(files)
    }
}

#[tokio::test]
async fn a_directory_is_laid_out_as_c2sp_has_it() -> TestResult {
    let directory = Directory::of(content(SIZE).await?).await?;
    let files = directory.files()?;
    let names: Vec<_> =
        files.iter().map(|file| file.strip_prefix(directory.path())).collect::<Result<_, _>>()?;
    let expected = [
        "checkpoint",
        "tile/0/000",
        "tile/0/001",
        "tile/0/002.p/88",
        "tile/1/000.p/2",
        "tile/entries/000",
        "tile/entries/001",
        "tile/entries/002.p/88",
    ];
    assert_eq!(names, expected.map(Path::new));
    assert!(names.iter().all(|name| name.to_str().is_some_and(|name| Resource::parse(name).is_some())));
    Ok(())
}

#[tokio::test]
async fn a_directory_is_verified_like_the_store() -> TestResult {
    for size in [1, 256, 257, 5000] {
        let directory = Directory::of(content(size).await?).await?;
        let report = check_source(&directory.source, &[]).await?;
        assert_eq!((report.faults.len(), report.beyond), (0, 0), "{report}");
        assert_eq!(report.last, Some(1_795_478_400 + size - 1));
        assert_eq!(directory.source.entry(size - 1).await?, Some(entry(size - 1)));
        assert_eq!(directory.source.entry(size).await?, None);
        prove(&directory.source, size - 1).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_directory_grows_by_what_it_lacks() -> TestResult {
    let memory = Arc::new(Memory::default());
    let store: Arc<dyn Store> = Arc::clone(&memory) as _;
    grow(&store, 100).await?;
    let content = memory.lock().clone();
    let directory = Directory::of(content).await?;
    for size in [101, 255, 256, 300, 512, 5000] {
        grow(&store, size).await?;
        let before = directory.files()?;
        let content = memory.lock().clone();
        directory.take(content).await?;
        let report = check_source(&directory.source, &[]).await?;
        assert_eq!((report.faults.len(), report.head.map(|head| head.size)), (0, Some(size)));
        // What a reader of the last checkpoint may be about to ask for is still there.
        assert!(before.iter().all(|file| file.exists()));
    }
    // Full files serve for the partial ones that a web server may have dropped.
    for file in directory.files()? {
        if file.parent().and_then(Path::extension).is_some()
            && !file.ends_with("136")
            && !file.ends_with("19")
        {
            fs::remove_file(file)?;
        }
    }
    assert_eq!(check_source(&directory.source, &[]).await?.faults, []);
    Ok(())
}

#[tokio::test]
async fn evidence_is_not_written_over() -> TestResult {
    let whole = content(SIZE).await?;
    let directory = Directory::of(whole.clone()).await?;
    let shorter = content(SIZE - 1).await?;
    let mut other = Content { entries: whole.entries.clone(), ..Content::default() };
    other.entries[3] = entry(9999);
    let memory = Arc::new(Memory::new(other));
    grow(&(Arc::clone(&memory) as Arc<dyn Store>), SIZE).await?;
    let other = memory.lock().clone();
    for content in [shorter, other] {
        let outcome = export(&Source::Store(Arc::new(Memory::new(content))), &directory.path()).await;
        assert_eq!(outcome.map_err(|error| error.code()), Err("audit-fork"));
        assert_eq!(fs::read_to_string(directory.path().join("checkpoint"))?, note(&whole));
    }
    let empty = Source::Store(Arc::new(Memory::default()));
    assert_eq!(export(&empty, &directory.path()).await?, None);
    Ok(())
}

#[tokio::test]
async fn every_file_that_is_altered_cut_or_gone_is_found() -> TestResult {
    let directory = Directory::of(content(SIZE).await?).await?;
    for file in directory.files()? {
        let content = fs::read(&file)?;
        let name = file.strip_prefix(directory.path())?.display().to_string();
        let expected = match Resource::parse(&name).ok_or("name")? {
            Resource::Checkpoint => ["audit-signature", "audit-checkpoint", "audit-checkpoint"],
            Resource::Tile { .. } => ["audit-tile"; 3],
            Resource::Entries { .. } => ["audit-entry", "audit-entry", "audit-truncated"],
        };
        let places = [0, 1, 2, content.len() / 2, content.len() - 3];
        for place in places {
            let mut altered = content.clone();
            altered[place] ^= 1;
            fs::write(&file, altered)?;
            let report = check_source(&directory.source, &[]).await?;
            let codes = codes(&report);
            let is_told =
                codes.contains(&expected[0]) || (name == "checkpoint" && codes == ["audit-checkpoint"]);
            assert!(is_told, "{name}, byte {place}: {report}");
        }
        fs::write(&file, &content[..content.len() - 1])?;
        let report = check_source(&directory.source, &[]).await?;
        assert!(codes(&report).contains(&expected[1]), "{name} cut: {report}");
        fs::remove_file(&file)?;
        let report = check_source(&directory.source, &[]).await?;
        assert!(codes(&report).contains(&expected[2]), "{name} gone: {report}");
        fs::write(&file, content)?;
    }
    assert_eq!(check_source(&directory.source, &[]).await?.faults, []);
    Ok(())
}

#[tokio::test]
async fn what_is_appended_to_a_bundle_is_found() -> TestResult {
    let directory = Directory::of(content(SIZE).await?).await?;
    for (name, last) in [("tile/entries/000", 255), ("tile/entries/002.p/88", 599)] {
        let file = directory.path().join(name);
        let content = fs::read(&file)?;
        for more in [&b"\0"[..], b"\0\x01x"] {
            fs::write(&file, [&content, more].concat())?;
            let report = check_source(&directory.source, &[]).await?;
            assert_eq!(report.faults, [Fault::Entry { positions: last..last + 1 }], "{report}");
        }
        fs::write(&file, content)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_fault_names_the_tile_as_its_file_is_called() -> TestResult {
    let fault = Fault::Tile { id: TileId { level: 1, index: 1_234_067 } };
    assert!(fault.to_string().starts_with("tile/1/x001/x234/067 is missing"), "{fault}");
    let absent = Source::Directory(PathBuf::from("/nowhere/at/all"));
    assert!(check_source(&absent, &[]).await.is_err());
    Ok(())
}
