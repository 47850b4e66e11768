//! The receipts that the shop still shows: few, for a short while, in memory only.

use crate::{anatomy::Anatomy, pay::RawRequest, verdict::Verdict};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tillseal_protocol::Claims;

/// The oldest receipt makes room when there are more.
const MOST: usize = 100;
const LIFETIME: Duration = Duration::from_mins(10);

/// What is known about one payment.
pub(crate) struct Receipt {
    pub(crate) request: RawRequest,
    pub(crate) anatomy: Anatomy,
    pub(crate) claims: Claims,
    pub(crate) verdict: Verdict,
    /// When the payload was opened: seconds since 1970-01-01 UTC.
    pub(crate) opened_at: u64,
}

/// 128 random bits in hexadecimal: who knows it may see the receipt.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ReceiptId(String);

#[derive(Default)]
pub(crate) struct Receipts(Mutex<VecDeque<Entry>>);

struct Entry {
    id: ReceiptId,
    since: Instant,
    receipt: Arc<Receipt>,
}

impl Receipts {
    pub(crate) fn insert(&self, id: ReceiptId, receipt: Receipt, now: Instant) {
        let mut entries = self.fresh(now);
        if entries.len() == MOST {
            entries.pop_front();
        }
        entries.push_back(Entry { id, since: now, receipt: Arc::new(receipt) });
    }

    pub(crate) fn find(&self, id: &str, now: Instant) -> Option<Arc<Receipt>> {
        let entries = self.fresh(now);
        entries.iter().find(|entry| entry.id.0 == id).map(|entry| Arc::clone(&entry.receipt))
    }

    fn fresh(&self, now: Instant) -> MutexGuard<'_, VecDeque<Entry>> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|entry| now.duration_since(entry.since) < LIFETIME);
        entries
    }
}

impl ReceiptId {
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(format!("{:032x}", u128::from_be_bytes(bytes))))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{LIFETIME, MOST, Receipt, ReceiptId, Receipts};
    use crate::{anatomy::Anatomy, pay::RawRequest, verdict::Verdict};
    use std::time::{Duration, Instant};
    use tillseal_protocol::Claims;

    fn receipt() -> Receipt {
        let claims = br#"{"v":1,"jti":"AAAAAAAAAAAAAAAAAAAAAA","iat":1,"origin":"o","fields":{}}"#;
        let Ok(claims) = Claims::from_plaintext(claims) else { unreachable!("valid claims") };
        let verdict = Verdict::new(&claims, "", None);
        Receipt {
            request: RawRequest::default(),
            anatomy: Anatomy::default(),
            claims,
            verdict,
            opened_at: 1,
        }
    }

    fn id(number: usize) -> ReceiptId {
        ReceiptId(number.to_string())
    }

    #[test]
    fn a_receipt_lives_ten_minutes() {
        let (receipts, now) = (Receipts::default(), Instant::now());
        receipts.insert(id(1), receipt(), now);
        assert!(receipts.find("1", now + LIFETIME.saturating_sub(Duration::from_millis(1))).is_some());
        assert!(receipts.find("1", now + LIFETIME).is_none());
    }

    #[test]
    fn the_oldest_receipt_makes_room() {
        let (receipts, now) = (Receipts::default(), Instant::now());
        for number in 0..=MOST {
            receipts.insert(id(number), receipt(), now);
        }
        assert!(receipts.find("0", now).is_none());
        assert!(receipts.find("1", now).is_some());
        assert!(receipts.find(&MOST.to_string(), now).is_some());
    }
}
