//! `tillseal serve`: the router on a socket, the log on standard error, an orderly end.

use crate::{Failure, print};
use clap::Args;
use std::{
    io::{self, IsTerminal as _},
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tillseal_server::{
    DEFAULT_LEEWAY, DEFAULT_MAX_AGE, Keyring, follow,
    http::{self, Rules},
    unix_now,
};
use tokio::{
    net::TcpListener,
    runtime::Runtime,
    sync::{oneshot, watch},
    time,
};

/// How long a stop waits for requests that are being answered: a client that sends no more must not hold it up.
const GRACE: Duration = Duration::from_secs(5);

#[derive(Args)]
pub(crate) struct Serve {
    /// The keyring: a directory of private JWK files; changes take effect within a second
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// An origin that requests may name, once for each; without it, any
    #[arg(long = "origin", value_name = "ORIGIN", value_parser = crate::origin)]
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
    Runtime::new().map_err(Failure::Serve)?.block_on(run(command, keyring))?;
    tracing::info!("stopped");
    Ok(())
}

async fn run(command: &Serve, keyring: Keyring) -> Result<(), Failure> {
    let unusable = |source| Failure::Listen { address: command.listen, source };
    let listener = TcpListener::bind(command.listen).await.map_err(unusable)?;
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
    // Before anybody is told that the server runs: a signal that comes sooner would end it without order.
    let stop_signal = stop_signal().map_err(Failure::Serve)?;
    let (stopping, asked) = oneshot::channel();
    let server = axum::serve(listener, http::router(keys, rules)).with_graceful_shutdown(async {
        stop_signal.await;
        tracing::info!("stopping: requests that are being answered are finished");
        let _ = stopping.send(());
    });

    let (jwks, open) = (http::KEY_SET_PATH, http::OPEN_PATH);
    print(format!("Tillseal listens on http://{address}\n  GET  {jwks}\n  POST {open}\n").as_bytes())?;
    tokio::select! {
        ended = server => ended.map_err(Failure::Serve),
        () = grace(asked) => {
            tracing::warn!("stopped before every request was answered");
            Ok(())
        }
    }
}

/// Ends a while after the server was asked to stop.
async fn grace(asked: oneshot::Receiver<()>) {
    // The sender is dropped unsent only with the server itself, whose end is waited for besides.
    let _ = asked.await;
    time::sleep(GRACE).await;
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

/// Listens for SIGINT and SIGTERM from now on; the future ends at the first of them.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// The future ends at Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
