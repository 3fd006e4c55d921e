//! Sets the sample studios up in a running server, or finds them as an earlier start left them.

use std::thread;

use jiff::Timestamp;
use serde_json::json;

use super::history::{self, Played};
use super::kept::{Kept, KeptStudio};
use super::sample::{SAMPLES, Sample};
use crate::api_client::ApiClient;
use crate::exit_code::{ExitCode, Failure};

/// A sample studio that is ready: its key, and what was played in it now.
pub struct Ready {
    pub sample: &'static Sample,
    pub client: ApiClient,
    pub secret_key: String,
    pub played: Played,
}

/// Makes the studios that are not there and plays the histories that were not played to their end, all studios at
/// once. `root` is a client with the root key.
pub fn set(root: &ApiClient, kept: &mut Kept, now: Timestamp) -> Result<Vec<Ready>, Failure> {
    for sample in SAMPLES {
        if !kept.studios.contains_key(sample.id) {
            let secret_key = make_studio(root, sample)?;
            let studio = KeptStudio { secret_key, ends_at: now.to_string(), played: false };
            kept.studios.insert(sample.id.to_owned(), studio);
            kept.write()?;
        }
    }
    let ready = thread::scope(|scope| {
        let playing: Vec<_> = SAMPLES
            .iter()
            .map(|sample| {
                let studio = &kept.studios[sample.id];
                scope.spawn(move || play(root, sample, studio, now))
            })
            .collect();
        let joined =
            playing.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.collect::<Result<Vec<Ready>, Failure>>()
    })?;
    for studio in kept.studios.values_mut() {
        studio.played = true;
    }
    kept.write()?;
    Ok(ready)
}

fn play(root: &ApiClient, sample: &'static Sample, studio: &KeptStudio, now: Timestamp) -> Result<Ready, Failure> {
    let client = root.with_key(&studio.secret_key);
    let mut played = Played::default();
    if !studio.played {
        let ends_at = studio.ends_at.parse().map_err(|error| {
            Failure::input_output(format!("the demo's own notes are damaged: {}: {error}", studio.ends_at))
        })?;
        played = history::play(&client, sample, ends_at)?;
    }
    history::set_clock(&client, now)?;
    Ok(Ready { sample, client, secret_key: studio.secret_key.clone(), played })
}

/// A studio and its first key; a further key where an interrupted start has made the studio already.
fn make_studio(root: &ApiClient, sample: &Sample) -> Result<String, Failure> {
    let body = json!({ "id": sample.id, "name": sample.name, "mode": "test" });
    let mut answer = root.post_freely("/v1/studios", &body)?;
    if answer.text("code") == "already_exists" {
        let body = json!({ "name": "demo", "scopes": ["admin"], "studio": sample.id });
        answer = root.post_freely("/v1/keys", &body)?;
    }
    if !answer.is_success() {
        return Err(Failure::new(ExitCode::Problems, format!("demo, {}: {}", sample.id, answer.refusal())));
    }
    Ok(answer.text("secret_key").to_owned())
}
