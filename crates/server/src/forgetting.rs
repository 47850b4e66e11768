//! Expired claims are removed in the background, so that the store stays as small as the traffic of a day.

use crate::store::Store;
use std::{sync::Arc, time::Duration};
use tokio::time::{self, Instant};

/// How often. Each time, what expired since the time before is removed.
const INTERVAL: Duration = Duration::from_mins(1);

/// How much longer than needed a claim is kept, in seconds. What is forgotten stays refused, whatever the clock says then: a clock
/// that is wrong by less than this does no harm once it is right again.
const MARGIN: u64 = 24 * 60 * 60;

/// Removes expired claims from now on.
pub async fn forget_expired(store: Arc<dyn Store>, clock: fn() -> u64) {
    let (start, running) = (clock(), Instant::now());
    let mut ticks = time::interval(INTERVAL);
    loop {
        ticks.tick().await;
        // A clock that jumps ahead while this runs is not followed.
        let now = clock().min(start.saturating_add(running.elapsed().as_secs()));
        match store.forget(now.saturating_sub(MARGIN)).await {
            Ok(0) => {}
            Ok(claims) => tracing::info!(claims, "expired claims removed"),
            Err(error) => tracing::warn!(code = error.code(), %error, "expired claims not removed"),
        }
    }
}
