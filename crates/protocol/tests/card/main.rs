//! The card's brand through the crate's public face.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod brands;
mod ranges;
mod typing;
mod validity;

use tillseal_protocol::{Brand, Brands};

/// The brands of the set by their ids.
fn listed(brands: Brands) -> String {
    brands.iter().map(Brand::id).collect::<Vec<_>>().join(" ")
}
