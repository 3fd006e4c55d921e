//! The arguments of `scrip`.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// The credits engine for generative-media products: prices from a file, holds before a job, charges what was used,
/// gives back the rest.
#[derive(Debug, Parser)]
#[command(name = "scrip", version, max_term_width = 100)]
pub struct Cli {
    /// Without a command, `scrip` is `scrip demo`.
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server.
    Serve(ServeArgs),
    /// Run a server with five sample products, customers and a history of jobs, to look around.
    Demo(DemoArgs),
    /// Check catalog files and show every problem at its place.
    Check(CheckArgs),
    /// Price a job with a catalog file, term by term.
    Quote(QuoteArgs),
    /// Recompute everything from the journal and say whether it adds up.
    Audit(AuditArgs),
    /// Make the views of a data folder anew from its journal.
    Rebuild(RebuildArgs),
    /// Write the records of a data folder as JSON lines or CSV.
    Export(ExportArgs),
    /// Copy a data folder while the server runs.
    Backup(BackupArgs),
    /// Bring customers, grants and balances into a running server.
    Import(ImportArgs),
    /// Print completions for a shell.
    Completions(CompletionsArgs),
}

/// `127.0.0.1:7878`, `[::1]:7878`, `localhost:7878`: the first address that a name stands for.
fn address(text: &str) -> Result<SocketAddr, String> {
    let mut found = text.to_socket_addrs().map_err(|error| format!("{error}; give HOST:PORT"))?;
    found.next().ok_or_else(|| "this name has no address".to_owned())
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Address to listen on; port 0 takes any that is free.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7878", env = "SCRIP_LISTEN", value_parser = address)]
    pub listen: SocketAddr,
    /// Folder of the journal and its views; made when it is not there.
    #[arg(long, value_name = "DIR", default_value = "scrip-data", env = "SCRIP_DATA")]
    pub data: PathBuf,
    /// Serve metrics here, without a key; otherwise they are at /metrics for the root key.
    #[arg(long, value_name = "ADDR", env = "SCRIP_METRICS", value_parser = address)]
    pub metrics: Option<SocketAddr>,
    /// How log lines are written to stderr.
    #[arg(long, value_name = "FORMAT", default_value = "text", env = "SCRIP_LOG_FORMAT")]
    pub log: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Address to listen on; port 0 takes any that is free.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7878", value_parser = address)]
    pub listen: SocketAddr,
    /// Keep the demo in this folder; otherwise it is in a temporary one and gone at the end.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// What `scrip` alone runs.
impl Default for DemoArgs {
    fn default() -> DemoArgs {
        DemoArgs { listen: SocketAddr::from(([127, 0, 0, 1], 7878)), data: None }
    }
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Catalog files, TOML or JSON; `-` reads one from standard input.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Answer as JSON.
    #[arg(long)]
    pub json: bool,
    /// Show the policies that are in force, and which of them are defaults.
    #[arg(long)]
    pub explain: bool,
}

#[derive(Debug, Args)]
pub struct QuoteArgs {
    /// Catalog file, TOML or JSON; `-` reads it from standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The tool to be priced.
    #[arg(value_name = "TOOL", required_unless_present = "batch")]
    pub tool: Option<String>,
    /// The model; not needed where the tool has one, or a default.
    #[arg(long, value_name = "MODEL", conflicts_with = "batch")]
    pub model: Option<String>,
    /// An input of the tool; may be given several times.
    #[arg(long = "input", short = 'i', value_name = "NAME=VALUE", conflicts_with = "batch")]
    pub inputs: Vec<String>,
    /// How many times the same job is wanted.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "batch")]
    pub quantity: u64,
    /// The customer's plan, where prices depend on it.
    #[arg(long, value_name = "PLAN")]
    pub plan: Option<String>,
    /// How the request comes in, where prices depend on it.
    #[arg(long, value_name = "CHANNEL")]
    pub channel: Option<String>,
    /// How the job is run, where prices depend on it.
    #[arg(long, value_name = "MODE")]
    pub mode: Option<String>,
    /// Price many jobs: a file with one JSON object a line (`tool`, `model`, `inputs`, `quantity`), `-` for standard
    /// input. The answer is one JSON object for each.
    #[arg(long, value_name = "JOBS", conflicts_with = "tool")]
    pub batch: Option<PathBuf>,
    /// Answer as JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Data folder.
    #[arg(value_name = "DIR")]
    pub data: PathBuf,
    /// Answer as JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct RebuildArgs {
    /// Data folder; no server may be running on it.
    #[arg(value_name = "DIR")]
    pub data: PathBuf,
}

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Data folder; no server may be running on it (export a backup instead).
    #[arg(value_name = "DIR")]
    pub data: PathBuf,
    /// What to write. Balances are written as `scrip import` reads them.
    #[arg(value_name = "WHAT")]
    pub what: ExportWhat,
    /// JSON: one object a line.
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    pub format: ExportFormat,
    /// Only the records of this studio.
    #[arg(long, value_name = "STUDIO")]
    pub studio: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportWhat {
    Customers,
    Members,
    Balances,
    Grants,
    Subscriptions,
    Holds,
    Charges,
    Refunds,
    Entries,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    Json,
    Csv,
}

#[derive(Debug, Args)]
pub struct BackupArgs {
    /// Data folder; its server may be running.
    #[arg(value_name = "DIR")]
    pub data: PathBuf,
    /// Folder to write; must be empty or not there.
    #[arg(value_name = "TO")]
    pub to: PathBuf,
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Rows as CSV with a header line, as JSON lines, or as one JSON list.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Address of the server.
    #[arg(long, value_name = "URL", env = "SCRIP_URL")]
    pub url: String,
    /// Secret key of the studio, with the scopes `customers` and `grants`.
    #[arg(long, value_name = "KEY", env = "SCRIP_KEY", hide_env_values = true)]
    pub key: String,
    /// Name of this import: running one again under the same name doubles nothing. The file's name by default.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Read and check every row, and send none.
    #[arg(long)]
    pub dry_run: bool,
    /// Answer as JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// bash, zsh, fish, elvish or powershell.
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}
