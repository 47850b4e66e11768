//! What is served: paths, tiles and bundles as C2SP tlog-tiles has them.

use crate::support::{TestResult, entry, grow, key, stores};
use std::sync::Arc;
use tillseal_server::{
    audit::{Hash, Log, Resource},
    store::TileId,
};

#[test]
fn paths_are_those_of_c2sp() {
    let tile = |level, index, width| Resource::Tile { id: TileId { level, index }, width };
    let entries = |index, width| Resource::Entries { index, width };
    for (path, resource) in [
        ("checkpoint", Resource::Checkpoint),
        ("tile/0/000", tile(0, 0, 256)),
        ("tile/0/000.p/1", tile(0, 0, 1)),
        ("tile/63/001.p/255", tile(63, 1, 255)),
        ("tile/0/x001/x234/067", tile(0, 1_234_067, 256)),
        ("tile/0/x001/x234/067.p/112", tile(0, 1_234_067, 112)),
        ("tile/1/x001/000", tile(1, 1000, 256)),
        ("tile/1/999", tile(1, 999, 256)),
        ("tile/0/x018/x446/x744/x073/x709/x551/615", tile(0, u64::MAX, 256)),
        ("tile/entries/000", entries(0, 256)),
        ("tile/entries/x001/x234/067.p/9", entries(1_234_067, 9)),
    ] {
        assert_eq!(Resource::parse(path), Some(resource), "{path}");
        assert_eq!(resource.to_string(), path);
    }
    for path in [
        "",
        "/checkpoint",
        "checkpoint/",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/+1/000",
        "tile/64/000",
        "tile/256/000",
        "tile/-1/000",
        "tile/data/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/+1",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000.p/1/",
        "tile/0/x000",
        "tile/0/x000/001",
        "tile/0/001/001",
        "tile/0/xx001/001",
        "tile/0/x001/x001",
        "tile/0/x1/001",
        "tile/0/x1000/001",
        "tile/0/\u{e9}00",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/entries/x/000",
        "tile/entries/../checkpoint",
        "tile/8/0/000",
    ] {
        assert_eq!(Resource::parse(path), None, "{path}");
    }
}

#[test]
fn a_tree_has_the_tiles_that_its_size_says() {
    // The example of C2SP tlog-tiles: 70,000 entries.
    let is_of = |path: &str, size| Resource::parse(path).is_some_and(|resource| resource.is_of(size));
    for path in [
        "tile/0/272",
        "tile/0/273.p/112",
        "tile/1/000",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
        "tile/entries/273.p/112",
    ] {
        assert!(is_of(path, 70_000), "{path}");
    }
    for path in [
        "tile/0/273", "tile/0/273.p/113", "tile/1/001.p/18", "tile/2/000.p/2", "tile/3/000.p/1",
        "tile/63/000.p/1",
    ] {
        assert!(!is_of(path, 70_000), "{path}");
    }
    assert!(is_of("tile/1/000.p/1", 256) && !is_of("tile/1/000.p/1", 255));
    assert!(!is_of("tile/0/x018/x446/x744/x073/x709/x551/615", u64::MAX));
}

#[tokio::test]
async fn a_log_serves_what_its_checkpoint_covers() -> TestResult {
    for store in stores() {
        let log = Log::new(Arc::clone(&store), key()?);
        assert_eq!(log.resource(Resource::Checkpoint).await?, None);
        grow(&store, 300).await?;
        store.record(entry(300)).await?;
        let get =
            async |path: &str| log.resource(Resource::parse(path).ok_or("path")?).await.map_err(Into::into);
        let get = async |path: &str| -> TestResult<Option<Vec<u8>>> { get(path).await };

        let note = get("checkpoint").await?.ok_or("none")?;
        assert_eq!(note, store.checkpoint().await?.ok_or("none")?.note.into_bytes());
        let hashes: Vec<u8> =
            (256..300).flat_map(|position| *Hash::leaf(&entry(position)).as_bytes()).collect();
        assert_eq!(get("tile/0/001.p/44").await?, Some(hashes.clone()));
        assert_eq!(get("tile/0/001.p/7").await?, Some(hashes[..7 * 32].to_vec()));
        assert_eq!(get("tile/0/000").await?.map(|tile| tile.len()), Some(8192));
        assert_eq!(get("tile/1/000.p/1").await?.map(|tile| tile.len()), Some(32));
        let mut bundle = Vec::new();
        for position in 256..300 {
            let entry = entry(position);
            bundle.extend([0, u8::try_from(entry.len())?]);
            bundle.extend(entry);
        }
        assert_eq!(get("tile/entries/001.p/44").await?, Some(bundle));
        for path in
            ["tile/0/001.p/45", "tile/0/001", "tile/entries/001.p/45", "tile/entries/001", "tile/2/000.p/1"]
        {
            assert_eq!(get(path).await?, None, "{path}");
        }
        assert_eq!(log.proof(299).await?.check(&entry(299), log.key().vkey())?.size, 300);
    }
    Ok(())
}

#[test]
fn checkpoints_change_and_all_else_stays() {
    let [checkpoint, tile, entries] =
        ["checkpoint", "tile/0/000", "tile/entries/000.p/3"].map(Resource::parse);
    assert!(
        checkpoint.is_some_and(|it| !it.is_immutable() && it.content_type() == "text/plain; charset=utf-8")
    );
    for it in [tile, entries] {
        assert!(it.is_some_and(|it| it.is_immutable() && it.content_type() == "application/octet-stream"));
    }
}
