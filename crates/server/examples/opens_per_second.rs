//! How many payloads one core opens in a second: `cargo run --release --example opens_per_second [SECONDS]`.
//!
//! Prints one JSON line: `opens_per_second` for `ECDH-ES`, and the same for `HPKE-7`. Every payload is opened by
//! the library's `open`, its checks included, on one thread; the payloads are distinct, and the plaintext of each
//! is 1 KiB.

use std::{env, hint::black_box, time::Instant};
use tillseal_protocol::{Algorithm, Fields, Recipient};
use tillseal_server::{Expect, Keyring, create_key, open, seal};

const ORIGIN: &str = "https://shop.example";
const NOW: u64 = 1_795_459_200;
/// The envelopes, opened in turn: more than fit the caches nearest to the core.
const DISTINCT: usize = 1000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds: f64 = env::args().nth(1).map_or(Ok(3.0), |seconds| seconds.parse())?;
    let ecdh_es = measure(Algorithm::EcdhEs, seconds)?;
    let hpke_7 = measure(Algorithm::Hpke7, seconds)?;
    println!(
        r#"{{"plaintext_bytes":1024,"opens_per_second":{ecdh_es:.0},"opens_per_second_hpke_7":{hpke_7:.0}}}"#
    );
    Ok(())
}

fn measure(algorithm: Algorithm, seconds: f64) -> Result<f64, Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    create_key(directory.path(), algorithm, NOW)?;
    let keyring = Keyring::load(directory.path())?;
    let recipient = Recipient::choose(keyring.jwks(NOW).keys, None)?;
    let fields: Fields = serde_json::from_str(&checkout())?;
    let sealed: Vec<String> =
        (0..DISTINCT).map(|_| seal(&recipient, &fields, NOW, ORIGIN)).collect::<Result<_, _>>()?;

    let expect = Expect::new(ORIGIN, NOW);
    let start = Instant::now();
    let mut opens = 0;
    while start.elapsed().as_secs_f64() < seconds {
        for sealed in &sealed {
            black_box(open(&keyring, black_box(sealed), &expect)?);
        }
        opens += u32::try_from(sealed.len())?;
    }
    Ok(f64::from(opens) / start.elapsed().as_secs_f64())
}

/// A checkout whose claims fill 1,024 bytes of plaintext.
fn checkout() -> String {
    let note = "n".repeat(420);
    format!(
        r#"{{"cc-number":"4111111111111111","cc-exp":"12/2029","cc-csc":"123","cc-name":"Ada Lovelace",
            "email":"ada@shop.example","tel":"+44 20 7946 0958","street-address":"12 St James's Square",
            "postal-code":"SW1Y 4LE","address-level2":"London","country":"GB","note":"{note}"}}"#
    )
}
