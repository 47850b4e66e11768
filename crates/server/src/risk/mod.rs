//! What the server makes of the signals that a page sent.

mod model;
mod path;
mod rules;
mod score;
mod signals;

pub use model::{Model, ModelError, probability};
pub use score::{FLAGGED, Reason, Score, automation, judge};
pub use signals::{Field, Signals, SignalsError};
