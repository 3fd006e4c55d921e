//! `scrip demo`: a server with five sample products, to look around. Their history is played through the public
//! API, so everything that is shown was decided by the engine.

mod ai_studios;
mod flow_studio;
mod history;
mod kept;
mod neural_frames;
mod plan;
mod sample;
mod stage;
mod studiotwin;
mod wzrd_studio;

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use scrip_store::Clock;
use serde_json::json;
use tempfile::TempDir;
use tracing::Level;

use crate::api_client::ApiClient;
use crate::cli::{DemoArgs, LogFormat};
use crate::exit_code::{Ended, ExitCode, Failure};
use crate::root_key::{self, Origin};
use crate::running::{self, Running};
use crate::serve;
use kept::Kept;
use stage::Ready;

/// The sample studios have clocks of their own, which are moved along with the real one.
const CLOCK_EVERY: Duration = Duration::from_secs(2);

pub fn run(args: &DemoArgs) -> Ended {
    serve::start_logging(LogFormat::Text, Level::WARN);
    serve::until_ended(demo(args))
}

async fn demo(args: &DemoArgs) -> Ended {
    let stop = running::asked_to_stop()?;
    let folder = Folder::of(args)?;
    let prepared = running::prepare(args.listen, folder.path(), |_| root_key::for_this_run()).await?;
    let root_key = match &prepared.root_key.origin {
        Origin::Made(key) => key.clone(),
        Origin::Environment | Origin::Kept => String::new(),
    };
    let base = format!("http://{}", reachable(prepared.address()?));
    let running = Running::start(prepared, None);
    let root = ApiClient::new(&base, &root_key);
    let ended = tokio::select! {
        _ = stop => Ok(ExitCode::Fine),
        ended = show(root, base, folder.path().to_path_buf()) => ended,
    };
    running.stop().await;
    ended
}

/// Sets the stage, says what there is to see, and keeps the clocks going.
async fn show(root: ApiClient, base: String, folder: PathBuf) -> Ended {
    let ready = blocking(move || {
        let mut kept = Kept::read(&folder)?;
        stage::set(&root, &mut kept, now())
    })
    .await?;
    write_welcome(&base, &ready)?;
    let clients: Vec<ApiClient> = ready.into_iter().map(|ready| ready.client).collect();
    loop {
        tokio::time::sleep(CLOCK_EVERY).await;
        let clients = clients.clone();
        blocking(move || {
            for client in &clients {
                // A key that was revoked or a server that is busy: the next time is soon.
                let _ = history::set_clock(client, now());
            }
            Ok(())
        })
        .await?;
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Failure> + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(Failure::input_output(error)))
}

fn now() -> Timestamp {
    Timestamp::from_microsecond(Clock::System.now().micros()).unwrap_or(Timestamp::MAX)
}

/// Where the demo lives: a folder of the user's, or one that is gone with it.
enum Folder {
    Kept(PathBuf),
    Temporary(TempDir),
}

impl Folder {
    fn of(args: &DemoArgs) -> Result<Folder, Failure> {
        match &args.data {
            Some(path) => Ok(Folder::Kept(path.clone())),
            None => tempfile::Builder::new()
                .prefix("scrip-demo-")
                .tempdir()
                .map(Folder::Temporary)
                .map_err(|error| Failure::input_output(format!("cannot make a temporary folder: {error}"))),
        }
    }

    fn path(&self) -> &Path {
        match self {
            Folder::Kept(path) => path,
            Folder::Temporary(folder) => folder.path(),
        }
    }
}

/// An address that one can call: the machine itself where all of its addresses were asked for.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn write_welcome(base: &str, ready: &[Ready]) -> io::Result<()> {
    let customers: usize = ready.iter().map(|ready| ready.played.customers).sum();
    let jobs: usize = ready.iter().map(|ready| ready.played.jobs).sum();
    let mut out = io::stdout().lock();
    writeln!(out, "\nScrip is running at {base} with {} sample products, each a test studio.\n", ready.len())?;
    if jobs > 0 {
        writeln!(out, "  history      {jobs} jobs of {customers} customers in the last {} days", plan::DAYS)?;
    } else {
        writeln!(out, "  history      as it was left")?;
    }
    writeln!(out, "  API docs     {base}/docs")?;
    for (index, ready) in ready.iter().enumerate() {
        let label = if index == 0 { "rate cards" } else { "" };
        writeln!(out, "  {label:<12} {base}/rate-card/{}", ready.sample.id)?;
    }
    for (index, ready) in ready.iter().enumerate() {
        let label = if index == 0 { "secret keys" } else { "" };
        writeln!(out, "  {label:<12} {}  {}", ready.secret_key, ready.sample.name)?;
    }
    if let Some(first) = ready.first() {
        writeln!(out, "\nTry:\n")?;
        for (what, line) in lines_to_try(base, first) {
            writeln!(out, "  # {what}\n  {line}\n")?;
        }
    }
    writeln!(out, "Ctrl-C stops it.")?;
    out.flush()
}

/// Three lines that work as they are printed, and what they ask.
fn lines_to_try(base: &str, ready: &Ready) -> [(&'static str, String); 3] {
    let customer = ready.sample.customers[0].id;
    let key = &ready.secret_key;
    let job = json!({ "customer": customer, "tool": "text-to-sound-effect" });
    let quote = format!("curl -s {base}/v1/quotes -H 'Authorization: Bearer {key}' -d '{job}'");
    let hold =
        format!("curl -s {base}/v1/holds -H 'Authorization: Bearer {key}' -H 'Idempotency-Key: try-1' -d '{job}'");
    let wallet = format!("curl -s {base}/v1/customers/{customer}/wallet -H 'Authorization: Bearer {key}'");
    [
        ("what could a sound of unknown length cost?", quote),
        ("set that aside, once, however often this is sent", hold),
        ("what is left?", wallet),
    ]
}
