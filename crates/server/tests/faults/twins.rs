//! Two processes on one store.

use crate::support::{TestResult, Till};
use std::{sync::Barrier, thread};
use tillseal_server::unix_now;

const PAYLOADS: usize = 40;

#[test]
fn a_payload_that_is_offered_to_both_is_taken_by_one() -> TestResult {
    for till in [Some(Till::on_sqlite()?), Till::on_postgres()?].into_iter().flatten() {
        let nodes = [till.start()?, till.start()?];
        let mut issuing = nodes[0].client();
        let payloads = (0..PAYLOADS).map(|number| match number % 2 {
            0 => till.seal(),
            _ => till.seal_at(unix_now(), &issuing.issue()?),
        });
        let payloads = payloads.collect::<TestResult<Vec<_>>>()?;
        let together = Barrier::new(2);
        let offered = |node: usize| {
            let (mut client, mut taken) = (nodes[node].client(), Vec::new());
            for sealed in &payloads {
                together.wait();
                let answer = client.open(sealed).map_err(|error| error.to_string())?;
                if answer.status != 200 {
                    answer.is(409, "replayed").map_err(|error| error.to_string())?;
                }
                taken.push(answer.status == 200);
            }
            Ok::<_, String>(taken)
        };
        let (first, second) = thread::scope(|scope| {
            let other = scope.spawn(|| offered(1));
            Ok::<_, String>((offered(0)?, other.join().map_err(|_| "panicked")??))
        })?;
        for (number, pair) in first.iter().zip(&second).enumerate() {
            assert!(pair.0 ^ pair.1, "{}: payload {number}: {pair:?}", till.url);
        }
        assert_eq!(till.recorded()?.len(), PAYLOADS);

        // One payload a session, whichever node is asked.
        let session = nodes[0].client().issue()?;
        let (one, other) = (till.seal_at(unix_now(), &session)?, till.seal_at(unix_now(), &session)?);
        assert_eq!(nodes[1].open(&one)?.status, 200);
        nodes[0].open(&other)?.is(409, "session-used")?;
        for node in nodes {
            node.stop()?;
        }
        till.verifies()?;
    }
    Ok(())
}
