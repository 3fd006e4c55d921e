//! `scrip serve`: the server, until it is told to stop.

use std::future::Future;
use std::io::{self, IsTerminal, Write};
use std::pin::pin;

use tokio::runtime::Runtime;
use tracing::Level;
use tracing_subscriber::EnvFilter;

use crate::cli::{LogFormat, ServeArgs};
use crate::exit_code::{Ended, ExitCode, Failure};
use crate::root_key::{self, Origin};
use crate::running::{self, Running};

pub fn run(args: &ServeArgs) -> Ended {
    start_logging(args.log, Level::INFO);
    until_ended(serve(args))
}

/// Runs to the end, and leaves behind what cannot be interrupted: it is safe to be cut off anywhere.
pub fn until_ended(work: impl Future<Output = Ended>) -> Ended {
    let runtime = runtime()?;
    let ended = runtime.block_on(work);
    runtime.shutdown_background();
    ended
}

pub fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::input_output(format!("cannot start: {error}")))
}

async fn serve(args: &ServeArgs) -> Ended {
    let mut stop = pin!(running::asked_to_stop()?);
    let metrics = match args.metrics {
        Some(address) => Some(running::bind(address).await?),
        None => None,
    };
    let metrics_address = metrics.as_ref().and_then(|listener| listener.local_addr().ok());
    let prepared = tokio::select! {
        prepared = running::prepare(args.listen, &args.data, root_key::find) => prepared?,
        _ = &mut stop => return Ok(ExitCode::Fine),
    };
    let made = match &prepared.root_key.origin {
        Origin::Made(key) => Some(key.clone()),
        Origin::Environment | Origin::Kept => None,
    };
    let address = prepared.address()?;
    {
        let mut out = io::stdout().lock();
        writeln!(out, "listening on http://{address}")?;
        if let Some(address) = metrics_address {
            writeln!(out, "metrics on http://{address}/metrics")?;
        }
        if let Some(key) = made {
            writeln!(out, "root key (shown this once, keep it): {key}")?;
        }
        out.flush()?;
    }
    let running = Running::start(prepared, metrics);
    tracing::info!(%address, data = %args.data.display(), "ready");
    let why = stop.await;
    tracing::info!(why, "stopping");
    running.stop().await;
    tracing::info!("stopped");
    Ok(ExitCode::Fine)
}

/// Logs go to stderr; `SCRIP_LOG` says how much (`warn`, `info`, `scrip_server=debug`).
pub fn start_logging(format: LogFormat, default: Level) {
    let filter = EnvFilter::builder().with_default_directive(default.into()).with_env_var("SCRIP_LOG");
    let logging = tracing_subscriber::fmt()
        .with_env_filter(filter.from_env_lossy())
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    match format {
        LogFormat::Text => logging.init(),
        LogFormat::Json => logging.json().flatten_event(true).init(),
    }
}
