//! From a socket to the router: connections that are accepted, bounded and, at the end, finished.

use crate::{config::Limits, limits, metrics::Metrics, polite::Polite, tls::Certificate};
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use std::{io, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{Semaphore, watch},
    time,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// How long a stop waits for requests that are being answered: a client that sends no more must not hold it up.
pub const GRACE: Duration = Duration::from_secs(5);

/// The longest head of a request. A proxy's own headers fit in many times over, and an idle connection keeps no more than that.
const LONGEST_HEAD: usize = 16 * 1024;

/// How many connections may wait to be accepted. Linux takes no more than that by default.
const QUEUE: u32 = 4096;

/// How long to wait where the system gives no connection, for want of files or memory.
const BREATH: Duration = Duration::from_millis(100);

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Every request was answered.
    Complete,
    /// Some were not, and [`GRACE`] was over.
    Cut,
}

/// What is done after the last answer, such as to close the store.
pub struct Closer {
    name: &'static str,
    closing: Pin<Box<dyn Future<Output = bool> + Send>>,
}

/// What each connection is served with.
#[derive(Clone)]
struct Service {
    router: TowerToHyperService<Router>,
    tls: Option<Certificate>,
    limits: Limits,
    metrics: Metrics,
    /// It changes when the server stops, and its sender is dropped when the grace is over.
    stopping: watch::Receiver<()>,
}

/// Listens here, with a queue that a burst of connections finds room in: who finds none waits a second and more.
///
/// # Errors
/// What the system says, such as that the address is taken.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that is started again takes its address back at once. Elsewhere than on Unix it means something else.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(QUEUE)
}

/// Serves HTTP/1.1 until `stop` ends, over TLS where there is a certificate; then takes no more connections, and finishes what is under
/// way for at most [`GRACE`].
///
/// No connection waits longer than [`Limits::header`] for the head of a request or for a handshake; at most
/// [`Limits::connections`] are open. Nothing that a client does, and no want of files, ends it.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Certificate>,
    router: Router,
    limits: &Limits,
    metrics: &Metrics,
    stop: impl Future<Output = ()>,
) -> End {
    let (sender, stopping) = watch::channel(());
    let service = Service {
        router: TowerToHyperService::new(router),
        tls,
        limits: *limits,
        metrics: metrics.clone(),
        stopping,
    };
    let places = Arc::new(Semaphore::new(limits::granted_connections(limits.connections)));
    let graceful = GracefulShutdown::new();
    let accepting = async {
        let mut is_short = false;
        loop {
            // It is never closed.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, _)) => {
                    is_short = false;
                    let (service, watcher) = (service.clone(), graceful.watcher());
                    tokio::spawn(async move {
                        service.connection(stream, watcher).await;
                        drop(place);
                    });
                }
                Err(error) if is_of_connection(&error) => {}
                Err(error) => {
                    if !is_short {
                        tracing::error!(%error, "no connection can be accepted for now");
                    }
                    is_short = true;
                    time::sleep(BREATH).await;
                }
            }
        }
    };
    tokio::select! {
        () = stop => {}
        () = accepting => {}
    }
    drop((listener, service));
    let _ = sender.send(());
    let end = match time::timeout(GRACE, graceful.shutdown()).await {
        Ok(()) => End::Complete,
        Err(_) => End::Cut,
    };
    drop(sender);
    end
}

/// Runs these one after the other, each for at most [`GRACE`]. What fails is logged, and does not stop the ones after it.
pub async fn close(closers: Vec<Closer>) {
    for Closer { name, closing } in closers {
        match time::timeout(GRACE, closing).await {
            Ok(true) => tracing::debug!(name, "closed"),
            Ok(false) => tracing::error!(name, "did not close well"),
            Err(_) => tracing::error!(name, "did not close in time"),
        }
    }
}

impl Closer {
    /// Something to close, by the name that the log is to give it; the future tells whether that went well.
    pub fn new(name: &'static str, closing: impl Future<Output = bool> + Send + 'static) -> Self {
        Self { name, closing: Box::pin(closing) }
    }
}

/// Listens for SIGINT and SIGTERM from now on; the future ends at the first of them.
///
/// # Errors
/// What the operating system says.
#[cfg(unix)]
pub fn stop_signal() -> io::Result<impl Future<Output = ()>> {
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
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}

/// Whether the fault is that of the one connection, which its client gave up.
fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// A connection on which a client has begun.
enum Begun {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Until something comes, a connection costs no buffer: ten thousand idle ones are nothing.
async fn begun(stream: TcpStream, acceptor: Option<TlsAcceptor>) -> io::Result<Begun> {
    if stream.peek(&mut [0]).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(match acceptor {
        Some(acceptor) => Begun::Tls(Box::new(acceptor.accept(stream).await?)),
        None => Begun::Plain(stream),
    })
}

impl Service {
    async fn connection(mut self, stream: TcpStream, watcher: Watcher) {
        let _open = self.metrics.connection_opened();
        // Answers are small: each is to leave at once.
        let _ = stream.set_nodelay(true);
        let tls = self.tls.take();
        let acceptor = tls.as_ref().map(|tls| TlsAcceptor::from(Arc::clone(&tls.borrow())));
        match self.soon(begun(stream, acceptor)).await {
            Some(Ok(Begun::Plain(stream))) => self.requests(stream, watcher).await,
            Some(Ok(Begun::Tls(stream))) => self.requests(stream, watcher).await,
            Some(Err(_)) | None if tls.is_some() => self.metrics.handshake_failed(),
            Some(Err(_)) | None => {}
        }
    }

    /// What a client must do within the time for a head, and before the server stops.
    async fn soon<T>(&mut self, done: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = time::timeout(self.limits.header, done) => done.ok(),
            _ = self.stopping.changed() => None,
        }
    }

    async fn requests(mut self, stream: impl AsyncRead + AsyncWrite + Unpin + 'static, watcher: Watcher) {
        let stream = TokioIo::new(Polite::new(stream, self.limits.request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.header)
            .max_buf_size(LONGEST_HEAD)
            .serve_connection(stream, self.router);
        tokio::select! {
            // What goes wrong with a connection is the client's affair; hyper has answered what could be answered.
            _ = watcher.watch(connection) => {}
            // A body that has not come by then will not come, and nobody is to wait for it.
            () = async { while self.stopping.changed().await.is_ok() {} } => {}
        }
    }
}
