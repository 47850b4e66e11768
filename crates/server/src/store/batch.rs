//! Group commit: what is asked while a transaction runs waits in a bounded queue, and is answered together by the next one.

use super::{Answer, Claim, ClaimId, Claimed, StoreError};
use std::{collections::HashSet, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

/// How long a call to the store may take.
pub(super) const LIMIT: Duration = Duration::from_secs(2);

/// How many requests may wait: what a store that is up does within [`LIMIT`]. Those that come on top are refused at once.
const WAITING: usize = 4096;

/// How many requests a transaction takes.
const TOGETHER: usize = 512;

/// Where the answer to a request goes; closed when nobody waits for it any more.
pub(super) type Reply<T> = oneshot::Sender<Result<T, String>>;

/// Something that waits for its transaction.
pub(super) trait Waits {
    /// Whether nobody waits for the answer any more: whoever asked was told that the store does not answer.
    fn is_given_up(&self) -> bool;
}

/// A request to whoever runs the transactions.
pub(super) struct Asked<Q, A> {
    pub(super) what: Q,
    pub(super) reply: Reply<A>,
}

impl<Q, A> Asked<Q, A> {
    pub(super) fn answer(self, answer: A) {
        // Whoever no longer waits has refused the payment already.
        let _ = self.reply.send(Ok(answer));
    }

    /// Tells that the transaction failed.
    pub(super) fn fail(self, why: &str) {
        let _ = self.reply.send(Err(why.to_owned()));
    }
}

/// Tells all of them that the transaction failed.
pub(super) fn fail<Q, A>(requests: Vec<Asked<Q, A>>, why: &str) {
    for asked in requests {
        asked.fail(why);
    }
}

/// The answer, or why the store of this URL gives none within [`LIMIT`].
pub(super) fn within_limit<'a, T>(
    url: &'a str,
    work: impl Future<Output = Result<T, String>> + Send + 'a,
) -> Answer<'a, T> {
    Box::pin(async move {
        let done = timeout(LIMIT, work).await.unwrap_or_else(|_| Err(SLOW.to_owned()));
        done.map_err(|why| StoreError { url: url.to_owned(), why })
    })
}

impl<Q, A> Waits for Asked<Q, A> {
    fn is_given_up(&self) -> bool {
        self.reply.is_closed()
    }
}

/// The end of a queue at which requests are put in.
pub(super) struct Queue<J>(mpsc::Sender<J>);

/// The end of a queue at which transactions take them out.
pub(super) struct Waiting<J>(mpsc::Receiver<J>);

pub(super) fn queue<J>() -> (Queue<J>, Waiting<J>) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (Queue(sender), Waiting(receiver))
}

impl<J> Queue<J> {
    /// Asks, and waits for the answer no longer than [`LIMIT`].
    pub(super) async fn ask<Q, A>(&self, what: Q, job: impl FnOnce(Asked<Q, A>) -> J) -> Result<A, String> {
        let (reply, answer) = oneshot::channel();
        self.0.try_send(job(Asked { what, reply })).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => "too many requests wait for it".to_owned(),
            mpsc::error::TrySendError::Closed(_) => CLOSED.to_owned(),
        })?;
        answered(answer).await
    }

    /// Asks for the last time: what was asked before comes first, however much it is.
    pub(super) async fn ask_last<A>(&self, job: impl FnOnce(Asked<(), A>) -> J) -> Result<A, String> {
        let (reply, answer) = oneshot::channel();
        let sent = timeout(LIMIT, self.0.send(job(Asked { what: (), reply }))).await;
        sent.map_err(|_| SLOW.to_owned())?.map_err(|_| CLOSED.to_owned())?;
        answered(answer).await
    }
}

async fn answered<A>(answer: oneshot::Receiver<Result<A, String>>) -> Result<A, String> {
    timeout(LIMIT, answer).await.map_err(|_| SLOW.to_owned())?.map_err(|_| CLOSED.to_owned())?
}

pub(super) const SLOW: &str = "no answer within 2 seconds";
const CLOSED: &str = "it was closed";

impl<J: Waits> Waiting<J> {
    /// What waits, and for which somebody waits; waits for a first one. `None` once nobody can ask any more.
    pub(super) async fn take(&mut self) -> Option<Vec<J>> {
        let mut jobs = Vec::new();
        while jobs.is_empty() {
            if self.0.recv_many(&mut jobs, TOGETHER).await == 0 {
                return None;
            }
            jobs.retain(|job| !job.is_given_up());
        }
        Some(jobs)
    }
}

/// What becomes of payloads whose claims were offered together, in this order: `fresh` are the ids that were not there before.
pub(super) fn settle<'a>(
    batch: impl Iterator<Item = &'a [Claim]>,
    mut fresh: HashSet<ClaimId>,
    horizon: i64,
) -> Vec<Claimed> {
    let settle = |claims: &[Claim]| {
        // Each is taken out, also after the first that was taken: it is claimed by now.
        let mut taken = None;
        for (index, claim) in claims.iter().enumerate() {
            if !fresh.remove(&claim.id) && taken.is_none() {
                taken = Some(index);
            }
        }
        if claims.iter().any(|claim| integer(claim.expires) <= horizon) {
            return Claimed::Forgotten;
        }
        taken.map_or(Claimed::Fresh, Claimed::Taken)
    };
    batch.map(settle).collect()
}

/// A number as a database keeps it: one that is too great is as good as the greatest.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number of the database, where there is none below 0.
pub(super) fn natural(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(name: &str, expires: u64) -> Claim {
        Claim { id: ClaimId::event(name), expires }
    }

    fn settled(batch: &[&[Claim]], fresh: &[&str], horizon: i64) -> Vec<Claimed> {
        let fresh = fresh.iter().map(|name| ClaimId::event(name)).collect();
        settle(batch.iter().copied(), fresh, horizon)
    }

    #[test]
    fn the_first_of_a_batch_is_fresh() {
        let batch: [&[Claim]; 3] = [&[claim("a", 9)], &[claim("a", 9)], &[claim("b", 9), claim("a", 9)]];
        assert_eq!(settled(&batch, &["a", "b"], 0), [Claimed::Fresh, Claimed::Taken(0), Claimed::Taken(1)]);
    }

    #[test]
    fn an_id_that_is_there_is_taken() {
        assert_eq!(settled(&[&[claim("b", 9), claim("a", 9)]], &["b"], 0), [Claimed::Taken(1)]);
        assert_eq!(settled(&[&[claim("a", 9), claim("a", 9)]], &["a"], 0), [Claimed::Taken(1)]);
    }

    #[test]
    fn the_rest_of_a_refused_payload_is_claimed_too() {
        let batch: [&[Claim]; 2] = [&[claim("a", 9), claim("b", 9)], &[claim("b", 9)]];
        assert_eq!(settled(&batch, &["b"], 0), [Claimed::Taken(0), Claimed::Taken(0)]);
    }

    #[test]
    fn the_horizon_is_the_last_second_that_is_forgotten() {
        let batch: [&[Claim]; 3] = [&[claim("a", 5)], &[claim("b", 6)], &[claim("c", 6), claim("d", 5)]];
        assert_eq!(
            settled(&batch, &["a", "b", "c", "d"], 5),
            [Claimed::Forgotten, Claimed::Fresh, Claimed::Forgotten]
        );
    }

    #[test]
    fn numbers_beyond_the_database_are_its_greatest() {
        assert_eq!((integer(u64::MAX), integer(7)), (i64::MAX, 7));
        assert_eq!((natural(-1), natural(7)), (0, 7));
    }
}
