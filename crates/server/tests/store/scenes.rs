//! What every store does, each scene with SQLite and with PostgreSQL.

use crate::support::{Database, all, claim};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};
use tillseal_server::store::{Checkpoint, Claimed, Store, Tile, TileId};

macro_rules! scenes {
    ($($scene:ident),* $(,)?) => {
        mod sqlite {
            use super::Database;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $scene() {
                    super::$scene(Database::sqlite()).await;
                }
            )*
        }
        mod postgres {
            use super::Database;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $scene() {
                    if let Some(database) = Database::postgres() {
                        super::$scene(database).await;
                    }
                }
            )*
        }
    };
}

scenes![
    one_of_many_tasks_is_told_that_an_id_is_fresh,
    an_id_twice_in_one_payload_is_taken,
    two_payloads_of_one_session_are_one,
    claims_are_remembered_by_the_next_process,
    what_is_forgotten_is_never_fresh_again,
    much_is_forgotten_while_claims_go_on,
    forgetting_and_claiming_at_once_accepts_nothing_twice,
    positions_have_no_gap,
    entries_come_back_as_they_were,
    one_of_many_publishes_a_size,
    tiles_come_in_the_order_of_their_ids,
    a_closed_store_refuses,
    a_store_that_is_there_answers,
    too_many_requests_are_refused_at_once,
];

/// Two values of the store are two processes, as far as the database knows.
async fn one_of_many_tasks_is_told_that_an_id_is_fresh(database: Database) {
    let stores = [database.connect().await, database.connect().await];
    let mut fresh = HashMap::new();
    let offer = |number: usize| {
        let store = Arc::clone(&stores[number % 2]);
        let name = format!("id {}", number / 16);
        async move { (name.clone(), store.claim(vec![claim(&name, 900)]).await.unwrap()) }
    };
    for (name, claimed) in all((0..1600).map(offer)).await {
        assert!(matches!(claimed, Claimed::Fresh | Claimed::Taken(0)), "{claimed:?}");
        *fresh.entry(name).or_insert(0) += u32::from(claimed == Claimed::Fresh);
    }
    assert_eq!(fresh.len(), 100);
    assert!(fresh.values().all(|count| *count == 1), "{fresh:?}");
}

async fn an_id_twice_in_one_payload_is_taken(database: Database) {
    let store = database.connect().await;
    let twice = vec![claim("a", 900), claim("a", 900)];
    assert_eq!(store.claim(twice).await.unwrap(), Claimed::Taken(1));
    assert_eq!(store.claim(vec![claim("a", 900)]).await.unwrap(), Claimed::Taken(0));
    assert_eq!(store.claim(Vec::new()).await.unwrap(), Claimed::Fresh);
}

async fn two_payloads_of_one_session_are_one(database: Database) {
    let stores = [database.connect().await, database.connect().await];
    for round in 0..20 {
        let offer = |number: usize| {
            let store = Arc::clone(&stores[number % 2]);
            let mut claims = vec![
                claim(&format!("{round} payload {number}"), 900),
                claim(&format!("{round} session"), 900),
            ];
            if number.is_multiple_of(3) {
                // Another order than that of the others: no deadlock comes of it.
                claims.reverse();
            }
            async move { store.claim(claims).await.unwrap() }
        };
        let claimed = all((0..20).map(offer)).await;
        assert_eq!(claimed.iter().filter(|claimed| **claimed == Claimed::Fresh).count(), 1, "{claimed:?}");
    }
}

async fn claims_are_remembered_by_the_next_process(database: Database) {
    let store = database.connect().await;
    assert_eq!(store.claim(vec![claim("a", 900)]).await.unwrap(), Claimed::Fresh);
    store.record(b"entry".to_vec()).await.unwrap();
    store.close().await.unwrap();
    let store = database.connect().await;
    assert_eq!(store.claim(vec![claim("b", 900), claim("a", 900)]).await.unwrap(), Claimed::Taken(1));
    // The same id with another expiry is the same id.
    assert_eq!(store.claim(vec![claim("a", 901)]).await.unwrap(), Claimed::Taken(0));
    assert_eq!(store.size().await.unwrap(), 1);
}

async fn what_is_forgotten_is_never_fresh_again(database: Database) {
    let store = database.connect().await;
    for (name, expires) in [("a", 100), ("b", 101), ("c", u64::MAX)] {
        assert_eq!(store.claim(vec![claim(name, expires)]).await.unwrap(), Claimed::Fresh);
    }
    assert_eq!(store.forget(99).await.unwrap(), 0);
    assert_eq!(store.claim(vec![claim("a", 100)]).await.unwrap(), Claimed::Taken(0));
    assert_eq!(store.forget(100).await.unwrap(), 1);
    assert_eq!(store.claim(vec![claim("a", 100)]).await.unwrap(), Claimed::Forgotten);
    // One that nobody ever offered, from before.
    assert_eq!(store.claim(vec![claim("d", 900), claim("e", 7)]).await.unwrap(), Claimed::Forgotten);
    assert_eq!(store.claim(vec![claim("b", 101)]).await.unwrap(), Claimed::Taken(0));

    // The clock is set back: the horizon is not.
    assert_eq!(store.forget(50).await.unwrap(), 0);
    assert_eq!(store.claim(vec![claim("f", 100)]).await.unwrap(), Claimed::Forgotten);
    let other = database.connect().await;
    assert_eq!(other.claim(vec![claim("f", 100)]).await.unwrap(), Claimed::Forgotten);
    assert_eq!(other.claim(vec![claim("g", 101)]).await.unwrap(), Claimed::Fresh);
    assert_eq!(other.forget(101).await.unwrap(), 2);
    assert_eq!(other.claim(vec![claim("c", u64::MAX)]).await.unwrap(), Claimed::Taken(0));
}

async fn much_is_forgotten_while_claims_go_on(database: Database) {
    let store = database.connect().await;
    for batch in 0..5 {
        let claims = (0..5000).map(|number| claim(&format!("{batch} {number}"), 100)).collect();
        assert_eq!(store.claim(claims).await.unwrap(), Claimed::Fresh);
    }
    let forgetting = [store.forget(100), store.forget(100)];
    let claiming = async {
        for number in 0..50 {
            assert_eq!(
                store.claim(vec![claim(&format!("new {number}"), 900)]).await.unwrap(),
                Claimed::Fresh
            );
        }
    };
    let [first, second] = forgetting;
    let (first, second, ()) = tokio::join!(first, second, claiming);
    let mut removed = first.unwrap() + second.unwrap();
    while removed < 25_000 {
        let more = store.forget(100).await.unwrap();
        assert!(more > 0, "{removed}");
        removed += more;
    }
    assert_eq!(removed, 25_000);
}

/// Each id is offered again and again while the horizon passes it.
async fn forgetting_and_claiming_at_once_accepts_nothing_twice(database: Database) {
    let stores = [database.connect().await, database.connect().await];
    let claimers = (0..4).map(|worker: usize| {
        let store = Arc::clone(&stores[worker % 2]);
        async move {
            let mut fresh = Vec::new();
            for round in 0..40_u64 {
                // Ids that are new, and those of the rounds before, which are being forgotten.
                for back in 0..4 {
                    let Some(expires) = (round + 10).checked_sub(back) else { continue };
                    let name = format!("expires {expires}");
                    if store.claim(vec![claim(&name, expires)]).await.unwrap() == Claimed::Fresh {
                        fresh.push(name);
                    }
                }
            }
            fresh
        }
    });
    let forgetter = Arc::clone(&stores[0]);
    let forgetting = tokio::spawn(async move {
        for until in 0..60 {
            forgetter.forget(until).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    });
    let fresh: Vec<String> = all(claimers).await.into_iter().flatten().collect();
    forgetting.await.unwrap();
    let distinct: BTreeSet<&String> = fresh.iter().collect();
    assert_eq!(distinct.len(), fresh.len(), "accepted twice: {fresh:?}");
    assert!(!fresh.is_empty());
}

async fn positions_have_no_gap(database: Database) {
    let stores = [database.connect().await, database.connect().await];
    let record = |number: usize| {
        let store = Arc::clone(&stores[number % 2]);
        async move {
            let entry = format!("entry {number}").into_bytes();
            (store.record(entry.clone()).await.unwrap(), entry)
        }
    };
    let mut recorded = all((0..1000).map(record)).await;
    recorded.sort_unstable();
    let (positions, entries): (Vec<u64>, Vec<Vec<u8>>) = recorded.into_iter().unzip();
    assert!(positions.iter().copied().eq(0..1000), "{positions:?}");
    assert_eq!(stores[0].size().await.unwrap(), 1000);
    assert_eq!(stores[1].entries(0..1000).await.unwrap(), entries);
}

async fn entries_come_back_as_they_were(database: Database) {
    let store = database.connect().await;
    assert_eq!(store.size().await.unwrap(), 0);
    assert_eq!(store.entries(0..10).await.unwrap(), Vec::<Vec<u8>>::new());
    let entries = [Vec::new(), b"{}".to_vec(), (0..=255).collect(), vec![0; 100_000], "ä€𝄞".into()];
    for (position, entry) in (0..).zip(&entries) {
        assert_eq!(store.record(entry.clone()).await.unwrap(), position);
    }
    assert_eq!(store.entries(0..u64::MAX).await.unwrap(), entries);
    assert_eq!(store.entries(1..3).await.unwrap(), entries[1..3]);
    assert_eq!(store.entries(4..9).await.unwrap(), entries[4..]);
    assert!(store.entries(3..3).await.unwrap().is_empty());
    assert!(store.entries(5..9).await.unwrap().is_empty());
    assert!(store.entries(u64::MAX - 1..u64::MAX).await.unwrap().is_empty());
}

fn checkpoint(size: u64) -> Checkpoint {
    Checkpoint { size, note: format!("shop.example/tillseal\n{size}\n") }
}

fn tile(level: u8, index: u64, hash: u8, count: usize) -> Tile {
    Tile { id: TileId { level, index }, hashes: vec![hash; 32 * count] }
}

async fn one_of_many_publishes_a_size(database: Database) {
    let stores = [database.connect().await, database.connect().await];
    assert_eq!(stores[0].checkpoint().await.unwrap(), None);
    for size in 0..10_u64 {
        let publish = |number: u8| {
            let store = Arc::clone(&stores[usize::from(number) % 2]);
            async move {
                let published =
                    store.publish(size, checkpoint(size + 1), vec![tile(0, 0, number, 1)]).await;
                published.unwrap().then_some(number)
            }
        };
        let published: Vec<u8> = all((0..8).map(publish)).await.into_iter().flatten().collect();
        let [winner] = published[..] else { panic!("{published:?} have published {size}") };
        let hashes = stores[1].tiles(vec![TileId { level: 0, index: 0 }]).await.unwrap();
        assert_eq!(hashes, [vec![winner; 32]], "a tile of who was slower");
    }
    assert_eq!(stores[0].checkpoint().await.unwrap(), Some(checkpoint(10)));
}

async fn tiles_come_in_the_order_of_their_ids(database: Database) {
    let store = database.connect().await;
    let tiles = vec![tile(0, 0, 1, 256), tile(0, 1, 2, 3), tile(1, 0, 3, 1), tile(63, 1 << 40, 4, 1)];
    assert!(store.publish(0, checkpoint(259), tiles.clone()).await.unwrap());
    assert!(!store.publish(0, checkpoint(300), vec![tile(0, 1, 9, 44)]).await.unwrap());

    let mut ids: Vec<TileId> = tiles.iter().rev().map(|tile| tile.id).collect();
    ids.insert(1, TileId { level: 2, index: 0 });
    ids.push(TileId { level: 0, index: 1 });
    let mut expected: Vec<Vec<u8>> = tiles.iter().rev().map(|tile| tile.hashes.clone()).collect();
    expected.insert(1, Vec::new());
    expected.push(vec![2; 96]);
    assert_eq!(store.tiles(ids).await.unwrap(), expected);
    assert!(store.tiles(Vec::new()).await.unwrap().is_empty());

    assert!(store.publish(259, checkpoint(260), vec![tile(0, 1, 5, 4)]).await.unwrap());
    let ids = vec![TileId { level: 0, index: 1 }, TileId { level: 0, index: 0 }];
    assert_eq!(store.tiles(ids).await.unwrap(), [vec![5; 128], vec![1; 8192]]);
}

async fn a_closed_store_refuses(database: Database) {
    let store = database.connect().await;
    let work = all((0..100).map(|number| {
        let store = Arc::clone(&store);
        async move { store.claim(vec![claim(&format!("id {number}"), 900)]).await.unwrap() }
    }));
    assert_eq!(work.await.len(), 100);
    store.close().await.unwrap();
    let refused = [
        store.claim(vec![claim("a", 900)]).await.map(drop),
        store.record(Vec::new()).await.map(drop),
        store.forget(1).await.map(drop),
        store.size().await.map(drop),
        store.publish(0, checkpoint(1), Vec::new()).await.map(drop),
        store.ping().await,
    ];
    for refused in refused {
        assert_eq!(refused.unwrap_err().code(), "store-unavailable");
    }
}

async fn a_store_that_is_there_answers(database: Database) {
    let store = database.connect().await;
    store.ping().await.unwrap();
    let (first, second) = tokio::join!(store.ping(), store.ping());
    first.and(second).unwrap();
}

/// Beyond what waits, there is no waiting.
async fn too_many_requests_are_refused_at_once(database: Database) {
    let store: Arc<dyn Store> = database.connect().await;
    let answers = all((0..20_000).map(|number| {
        let store = Arc::clone(&store);
        async move { store.claim(vec![claim(&format!("id {number}"), 900)]).await }
    }))
    .await;
    let refused = answers.iter().filter_map(|answer| answer.as_ref().err());
    assert!(
        refused.clone().all(|error| error.to_string().contains("wait")),
        "{:?}",
        refused.collect::<Vec<_>>()
    );
    assert!(answers.iter().flatten().all(|claimed| *claimed == Claimed::Fresh));
    assert!(answers.iter().flatten().count() >= 4096);
    store.ping().await.unwrap();
}
