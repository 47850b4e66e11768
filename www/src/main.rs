//! The demo shop: a checkout whose card is sealed in the browser, and a receipt that shows what the network
//! saw and what the server opened. Everything is embedded; what is kept lives as long as the shop.

#![forbid(unsafe_code)]

mod anatomy;
mod assets;
mod fields;
mod filling;
mod headers;
mod manifest;
mod memory;
mod opened;
mod order;
mod page;
mod receipt;
mod refusal;
mod request;
mod shop;
mod till;
mod told;
mod wire;

#[cfg(test)]
mod tests;

use clap::{Parser, ValueEnum};
use std::{error::Error, net::SocketAddr, sync::Arc};
use till::Till;
use tillseal_protocol::Algorithm;
use tillseal_server::listener::stop_signal;
use tokio::net::TcpListener;

/// The Tillseal demo shop.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,

    /// How the shop's key seals.
    #[arg(long, value_enum, default_value = "ECDH-ES")]
    alg: Alg,

    /// An origin under which browsers reach the shop, beside those that follow from --listen. May be repeated.
    #[arg(long)]
    origin: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Alg {
    #[value(name = "ECDH-ES")]
    EcdhEs,
    #[value(name = "HPKE-7")]
    Hpke7,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    // Before anybody is told that the shop is open: a signal that comes sooner would leave its files behind.
    let closing = stop_signal()?;
    let listener = TcpListener::bind(options.listen).await?;
    let mut origins = origins_of(listener.local_addr()?);
    let till = Arc::new(Till::new(options.alg.into(), &origins[0]).await?);
    println!("The Tillseal demo shop is open at {}/", origins[0]);
    origins.extend(options.origin);
    // With the address of who asks, which 3-D Secure wants to know.
    let shop = shop::router(Arc::clone(&till), origins).into_make_service_with_connect_info::<SocketAddr>();
    tokio::select! {
        served = axum::serve(listener, shop).into_future() => served?,
        () = closing => {}
    }
    till.close().await
}

/// The origins under which a browser on this machine reaches the shop, the one to show first.
fn origins_of(address: SocketAddr) -> Vec<String> {
    let host = match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => String::from("127.0.0.1"),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => String::from("[::1]"),
        SocketAddr::V4(v4) => v4.ip().to_string(),
        SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
    };
    // An origin leaves out the default port of its scheme.
    let port = if address.port() == 80 { String::new() } else { format!(":{}", address.port()) };
    vec![format!("http://{host}{port}"), format!("http://localhost{port}")]
}

impl From<Alg> for Algorithm {
    fn from(alg: Alg) -> Self {
        match alg {
            Alg::EcdhEs => Self::EcdhEs,
            Alg::Hpke7 => Self::Hpke7,
        }
    }
}

#[cfg(test)]
mod origin_tests {
    use super::origins_of;

    #[test]
    fn origins_follow_the_address() {
        let first = |address: &str| address.parse().map(|address| origins_of(address)[0].clone());
        assert_eq!(first("127.0.0.1:8080"), Ok("http://127.0.0.1:8080".into()));
        assert_eq!(first("0.0.0.0:80"), Ok("http://127.0.0.1".into()));
        assert_eq!(first("[::]:9000"), Ok("http://[::1]:9000".into()));
    }
}
