//! `tillseal serve`: the router on a socket, the log on standard error, an orderly end.

use crate::Failure;
use clap::Args;
use std::{
    io::{self, IsTerminal as _},
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
};
use tillseal_server::{
    DEFAULT_LEEWAY, DEFAULT_MAX_AGE, Keyring, follow,
    http::{self, Rules},
    unix_now,
};
use tokio::{net::TcpListener, runtime::Runtime, sync::watch};

#[derive(Args)]
pub(crate) struct Serve {
    /// The keyring: a directory of private JWK files; changes take effect within a second
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// An origin that requests may name, once for each; without it, any
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    /// How old a payload may be
    #[arg(long, value_name = "SECONDS", default_value_t = DEFAULT_MAX_AGE)]
    max_age: u64,
    /// How far ahead of this server's clock the shopper's may be
    #[arg(long, value_name = "SECONDS", default_value_t = DEFAULT_LEEWAY)]
    leeway: u64,
}

pub(crate) fn serve(command: &Serve) -> Result<(), Failure> {
    log_to_stderr();
    let keyring = Keyring::load(&command.keys)?;
    if keyring.jwks().keys.is_empty() {
        tracing::warn!("no active key: pages cannot seal until you run `tillseal keys new`");
    }
    Runtime::new().map_err(Failure::Serve)?.block_on(async {
        let address = command.listen;
        let unusable = |source| Failure::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(unusable)?;
        let address = listener.local_addr().map_err(unusable)?;
        if !address.ip().is_loopback() {
            tracing::warn!(
                "whoever reaches this address can open payloads; let only the shop's servers through"
            );
        }

        let (sender, keys) = watch::channel(Arc::new(keyring));
        let directory = command.keys.clone();
        tokio::spawn(async move { follow(&directory, sender).await });
        let rules = Rules {
            origins: command.origins.clone(),
            max_age: command.max_age,
            leeway: command.leeway,
            clock: unix_now,
        };
        println!("Tillseal listens on http://{address}");
        println!("  GET  {}", http::KEY_SET_PATH);
        println!("  POST {}", http::OPEN_PATH);
        let server =
            axum::serve(listener, http::router(keys, rules)).with_graceful_shutdown(asked_to_stop());
        server.await.map_err(Failure::Serve)
    })?;
    tracing::info!("stopped");
    Ok(())
}

/// Lines for a person at a terminal, JSON for everything else.
fn log_to_stderr() {
    let log = tracing_subscriber::fmt().with_writer(io::stderr);
    if io::stderr().is_terminal() {
        log.init();
    } else {
        log.with_ansi(false).json().flatten_event(true).init();
    }
}

/// Ends at SIGINT or SIGTERM; requests that are being answered are finished.
async fn asked_to_stop() {
    let interrupted = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "SIGINT is not listened for");
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::error!(%error, "SIGTERM is not listened for");
                std::future::pending::<()>().await;
            }
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
    tracing::info!("stopping: requests that are being answered are finished");
}
