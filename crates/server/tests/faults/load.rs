//! A steady load of distinct payloads, and what each was answered.

use crate::support::{Client, Node, TestResult, Till, jti};
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Who offer payloads, one after the other.
const WORKERS: usize = 6;

/// How one offer ended.
pub(crate) enum Outcome {
    /// 200, for the payload of this id.
    Judged(String),
    Refused(u16, String),
    /// The connection broke.
    Cut,
}

pub(crate) struct Offer {
    pub(crate) sealed: String,
    pub(crate) outcome: Outcome,
    pub(crate) took: Duration,
}

/// The workers. They end when this is dropped or [`stop`](Self::stop)ped.
pub(crate) struct Load {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<TestResult>>,
}

struct Shared {
    address: Mutex<SocketAddr>,
    ended: AtomicBool,
    judged: AtomicUsize,
    offers: Mutex<Vec<Offer>>,
}

impl Load {
    pub(crate) fn start(till: &Arc<Till>, node: &Node) -> Self {
        let shared = Arc::new(Shared {
            address: Mutex::new(node.address),
            ended: AtomicBool::new(false),
            judged: AtomicUsize::new(0),
            offers: Mutex::new(Vec::new()),
        });
        let workers = (0..WORKERS).map(|_| {
            let (till, shared) = (Arc::clone(till), Arc::clone(&shared));
            thread::spawn(move || shared.work(&till))
        });
        Self { workers: workers.collect(), shared }
    }

    /// To the node that took the place of the one before.
    pub(crate) fn turn_to(&self, node: &Node) {
        *self.shared.address.lock().unwrap_or_else(PoisonError::into_inner) = node.address;
    }

    /// Waits until so many more payloads were judged.
    pub(crate) fn goes_on(&self, more: usize) -> TestResult {
        let (start, before) = (Instant::now(), self.shared.judged.load(Ordering::Relaxed));
        while self.shared.judged.load(Ordering::Relaxed) < before + more {
            if start.elapsed() > Duration::from_mins(1) {
                return Err("no service within a minute".into());
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// How many were offered so far.
    pub(crate) fn offered(&self) -> usize {
        self.shared.offers.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// All offers, in the order of their answers.
    pub(crate) fn stop(mut self) -> TestResult<Vec<Offer>> {
        self.shared.ended.store(true, Ordering::Relaxed);
        for worker in self.workers.drain(..) {
            worker.join().map_err(|_| "a worker panicked")??;
        }
        Ok(std::mem::take(&mut self.shared.offers.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
    }
}

impl Shared {
    fn work(&self, till: &Till) -> TestResult {
        let mut client: Option<(SocketAddr, Client)> = None;
        while !self.ended.load(Ordering::Relaxed) {
            let address = *self.address.lock().unwrap_or_else(PoisonError::into_inner);
            let (_, connection) = match &mut client {
                Some(same) if same.0 == address => same,
                other => other.insert((address, Client::new(address))),
            };
            let sealed = till.seal()?;
            let start = Instant::now();
            let outcome = match connection.open(&sealed) {
                Ok(answer) if answer.status == 200 => {
                    self.judged.fetch_add(1, Ordering::Relaxed);
                    Outcome::Judged(jti(&answer)?)
                }
                Ok(answer) => Outcome::Refused(answer.status, answer.code()?),
                Err(_) => Outcome::Cut,
            };
            if !matches!(outcome, Outcome::Judged(_)) {
                thread::sleep(Duration::from_millis(10));
            }
            let offer = Offer { sealed, outcome, took: start.elapsed() };
            self.offers.lock().unwrap_or_else(PoisonError::into_inner).push(offer);
        }
        Ok(())
    }
}

/// Nothing was lost, and nothing counted twice: each payload that was answered 200 is in the log once and is refused when it comes
/// again, no other is in it more than once, and the log verifies.
pub(crate) fn nothing_is_lost(till: &Till, node: &Node, offers: &[Offer]) -> TestResult<usize> {
    let recorded = till.recorded()?;
    let mut client = node.client();
    let mut judged = 0;
    for offer in offers {
        let Outcome::Judged(jti) = &offer.outcome else { continue };
        judged += 1;
        assert_eq!(recorded.get(jti), Some(&1), "{jti} was answered 200");
        client.open(&offer.sealed)?.is(409, "replayed")?;
    }
    assert!(recorded.values().all(|&times| times == 1), "a payload is recorded twice");
    // The first is signed after a second.
    node.until("signed", |node| Ok(node.get("/v1/audit/checkpoint")?.status == 200))?;
    till.verifies()?;
    Ok(judged)
}
