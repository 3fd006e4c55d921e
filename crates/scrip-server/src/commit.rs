//! From a command to its answer: the one place where routes hand commands to the store.

use axum::http::{HeaderValue, StatusCode};
use scrip_api::hold::HoldNew;
use scrip_ledger::id::{Fingerprint, RequestKey, StudioId};
use scrip_ledger::{Act, Answer, Command, Name, Refusal, Reply};
use scrip_store::{Job, Target};

use crate::Server;
use crate::access::KeyCaller;
use crate::acts::{self, Ready, Words};
use crate::answer::{self, Answered};
use crate::jobs::JobKind;
use crate::problem::Problem;
use crate::trace;

/// The idempotency of one request: its key in its scope, and what was asked.
pub type Request = Option<(RequestKey, Fingerprint)>;

/// A "yes", and whether it was given before.
pub struct Done {
    pub reply: Reply,
    pub replayed: bool,
}

/// Has one command decided and made durable. A refusal comes back as it is: [`refused`] makes an answer of it.
pub async fn commit(server: &Server, job: Job) -> Result<Answer, Problem> {
    let mut answers = server.store.commit(vec![job]).await?;
    answers.pop().ok_or_else(|| Problem::internal("the store answered nothing"))
}

/// The same, where a refusal needs no more words than the ledger has.
pub async fn commit_plain(server: &Server, job: Job) -> Result<Done, Problem> {
    let studio = job.studio;
    let answer = commit(server, job).await?;
    match answer.outcome {
        Ok(reply) => Ok(Done { reply, replayed: answer.replayed }),
        Err(refusal) => Err(refused(&refusal, answer.replayed).at(server.store.now(studio))),
    }
}

pub fn refused(refusal: &Refusal, replayed: bool) -> Problem {
    Problem::from(refusal).replayed(replayed)
}

pub fn job(studio: StudioId, target: Target, request: Request, actor: &Name, act: Act) -> Job {
    Job { studio, target, command: Command { request, actor: actor.clone(), act }, trace: trace::current() }
}

/// How often a job is priced anew because its customer changed in between.
pub(crate) const REPRICED_MAX: u32 = 8;

/// Prices a job, commits it and words its answer; where the price no longer holds by then, again.
pub(crate) async fn priced(
    server: &Server,
    caller: &KeyCaller,
    request: Request,
    new: &HoldNew<'_>,
    kind: JobKind,
) -> Answered {
    let target = acts::customer_target("customer", &new.customer)?;
    let mut tries = 0;
    loop {
        let ready = acts::job(server, caller, new, kind).await;
        let unready = Words::Unpriceable(Name::from(new.customer.as_str()));
        let decided = decide(server, caller, target.clone(), request, ready, unready).await?;
        tries += 1;
        if decided.0.outcome != Err(Refusal::Reprice) || tries == REPRICED_MAX {
            return worded(server, caller, decided).await;
        }
    }
}

/// Commits an act that moves credits and words its answer. An act that can't be made ready any more is answered
/// as it was when its key was new, in the words of `unready`.
pub(crate) async fn act(
    server: &Server,
    caller: &KeyCaller,
    target: Target,
    request: Request,
    ready: Result<Ready, Problem>,
    unready: Words,
) -> Answered {
    let decided = decide(server, caller, target, request, ready, unready).await?;
    worded(server, caller, decided).await
}

async fn decide(
    server: &Server,
    caller: &KeyCaller,
    target: Target,
    request: Request,
    ready: Result<Ready, Problem>,
    unready: Words,
) -> Result<(Answer, Words), Problem> {
    match ready {
        Ok(ready) => {
            let job = job(caller.studio, ready.target, request, &caller.id, ready.act);
            Ok((commit(server, job).await?, ready.words))
        }
        Err(problem) => {
            let answer = acts::remembered_or(server, caller.studio, target, request, problem).await?;
            Ok((answer, unready))
        }
    }
}

async fn worded(server: &Server, caller: &KeyCaller, (answer, words): (Answer, Words)) -> Answered {
    // Long enough for a capture, which is answered with its hold and its charge.
    let mut body = Vec::with_capacity(2_048);
    let worded = acts::word(server, caller.studio, &words, &answer, &mut body).await?;
    let status = StatusCode::from_u16(worded.status).unwrap_or(StatusCode::OK);
    let mut response = answer::json_bytes(status, body);
    answer::mark_replayed(&mut response, answer.replayed);
    if let Some(charged) = worded.charged
        && let Ok(charged) = HeaderValue::from_str(&charged.to_string())
    {
        response.headers_mut().insert(answer::CREDITS_CHARGED, charged);
    }
    Ok(response)
}
