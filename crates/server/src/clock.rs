//! The one place that reads the system's clock; everything else is told the time.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970-01-01 UTC, by the system's clock.
#[must_use]
pub fn unix_now() -> u64 {
    // A clock before 1970 is not set: at 0 every payload is from the future and refused.
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}
