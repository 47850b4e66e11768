//! What the shop still shows: few things, for a short while, in memory only.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The oldest makes room when there are more.
const MOST: usize = 100;
const LIFETIME: Duration = Duration::from_mins(10);

/// 128 random bits in hexadecimal: who knows it may see what it names.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Id(String);

pub(crate) struct Memory<T>(Mutex<VecDeque<Entry<T>>>);

struct Entry<T> {
    id: Id,
    since: Instant,
    content: Arc<T>,
}

impl<T> Memory<T> {
    pub(crate) fn new() -> Self {
        Self(Mutex::default())
    }

    pub(crate) fn insert(&self, id: Id, content: T, now: Instant) {
        let mut entries = self.fresh(now);
        if entries.len() == MOST {
            entries.pop_front();
        }
        entries.push_back(Entry { id, since: now, content: Arc::new(content) });
    }

    pub(crate) fn find(&self, id: &str, now: Instant) -> Option<Arc<T>> {
        let entries = self.fresh(now);
        entries.iter().find(|entry| entry.id.0 == id).map(|entry| Arc::clone(&entry.content))
    }

    pub(crate) fn any(&self, is_wanted: impl Fn(&T) -> bool, now: Instant) -> bool {
        self.fresh(now).iter().any(|entry| is_wanted(&entry.content))
    }

    fn fresh(&self, now: Instant) -> MutexGuard<'_, VecDeque<Entry<T>>> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|entry| now.duration_since(entry.since) < LIFETIME);
        entries
    }
}

impl Id {
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
    use super::{Id, LIFETIME, MOST, Memory};
    use std::time::{Duration, Instant};

    fn id(number: usize) -> Id {
        Id(number.to_string())
    }

    #[test]
    fn a_thing_is_remembered_for_ten_minutes() {
        let (memory, now) = (Memory::new(), Instant::now());
        memory.insert(id(1), "receipt", now);
        let last = now + LIFETIME.saturating_sub(Duration::from_millis(1));
        assert!(memory.find("1", last).is_some() && memory.any(|content| *content == "receipt", last));
        assert!(memory.find("2", last).is_none() && !memory.any(|content| *content == "another", last));
        assert!(memory.find("1", now + LIFETIME).is_none());
        assert!(!memory.any(|_| true, now + LIFETIME));
    }

    #[test]
    fn the_oldest_makes_room() {
        let (memory, now) = (Memory::new(), Instant::now());
        for number in 0..=MOST {
            memory.insert(id(number), number, now);
        }
        assert!(memory.find("0", now).is_none());
        assert!(memory.find("1", now).is_some());
        assert!(memory.find(&MOST.to_string(), now).is_some());
    }
}
