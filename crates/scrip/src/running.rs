//! A server of this process: opened, listening, and stopped without dropping what is under way.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use scrip_server::{Server, ServerOptions, Shared};
use scrip_store::{Options, Store, StoreError};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::exit_code::{ExitCode, Failure};
use crate::root_key::RootKey;

/// Requests that are still under way so long after the order to stop are cut off.
const STOP_WAIT_MAX: Duration = Duration::from_secs(20);

/// A store that is open and an address that is taken; nobody is served yet.
pub struct Prepared {
    pub listener: TcpListener,
    pub server: Shared,
    pub root_key: RootKey,
}

impl Prepared {
    /// The address that was taken. Whoever calls it is answered once the server runs.
    pub fn address(&self) -> Result<SocketAddr, Failure> {
        self.listener.local_addr().map_err(|error| Failure::input_output(format!("the address is gone: {error}")))
    }
}

/// Takes the address first, so that a second server on it changes nothing, then opens the folder.
pub async fn prepare(
    listen: SocketAddr,
    folder: &Path,
    root_key: impl FnOnce(&Path) -> Result<RootKey, Failure>,
) -> Result<Prepared, Failure> {
    let listener = bind(listen).await?;
    let at = folder.to_path_buf();
    let store = tokio::task::spawn_blocking(move || Store::open(Options::at(at)))
        .await
        .map_err(|error| Failure::input_output(format!("opening the data folder stopped: {error}")))?
        .map_err(|error| store_failure(folder, &error))?;
    let root_key = root_key(folder)?;
    let options = ServerOptions::with_root_key_hash(root_key.hash);
    let server = Server::start(store, options).await.map_err(|error| store_failure(folder, &error))?;
    Ok(Prepared { listener, server, root_key })
}

pub async fn bind(listen: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(listen).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            let message = format!("{listen} is in use; choose another address with --listen (port 0 takes a free one)");
            Failure::new(ExitCode::InUse, message)
        }
        _ => Failure::input_output(format!("cannot listen on {listen}: {error}")),
    })
}

/// What is done to a folder that is there already must not make one.
pub fn must_be_there(folder: &Path) -> Result<(), Failure> {
    if folder.is_dir() {
        return Ok(());
    }
    Err(Failure::input_output(format!("{} is not a data folder", folder.display())))
}

pub fn store_failure(folder: &Path, error: &StoreError) -> Failure {
    let code = match error {
        StoreError::Locked { .. } => ExitCode::InUse,
        _ => ExitCode::InputOutput,
    };
    Failure::new(code, format!("{}: {error}", folder.display()))
}

/// A server that answers until it is told to stop.
pub struct Running {
    server: Shared,
    stop: watch::Sender<bool>,
    serving: Vec<JoinHandle<()>>,
}

impl Running {
    /// Begins to answer; `metrics` has a listener of its own where it was asked for.
    pub fn start(prepared: Prepared, metrics: Option<TcpListener>) -> Running {
        let Prepared { listener, server, .. } = prepared;
        let (stop, stopped) = watch::channel(false);
        let mut serving = Vec::new();
        if let Some(listener) = metrics {
            serving.push(tokio::spawn(Server::serve_metrics(server.clone(), listener, until(stopped.clone()))));
        }
        serving.push(tokio::spawn(Server::serve(server.clone(), listener, until(stopped))));
        Running { server, stop, serving }
    }

    /// Takes no more requests, answers what is under way, and closes the store.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        self.server.stop_following();
        for serving in self.serving {
            match tokio::time::timeout(STOP_WAIT_MAX, serving).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "serving ended"),
                Err(_) => tracing::warn!("requests were still under way and are cut off"),
            }
        }
        let store = self.server.store.clone();
        if let Err(error) = tokio::task::spawn_blocking(move || store.close()).await {
            tracing::error!(%error, "closing the store");
        }
    }
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // A sender that is gone means the same.
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// SIGTERM or SIGINT.
pub fn asked_to_stop() -> Result<impl Future<Output = &'static str>, Failure> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).map_err(|error| Failure::input_output(format!("no signals: {error}")));
        let mut terminate = listen(SignalKind::terminate())?;
        let mut interrupt = listen(SignalKind::interrupt())?;
        Ok(async move {
            tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
        "interrupt"
    })
}
