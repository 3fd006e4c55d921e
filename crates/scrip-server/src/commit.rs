//! From a command to its answer: the one place where routes hand commands to the store.

use scrip_ledger::id::{Fingerprint, RequestKey, StudioId};
use scrip_ledger::{Act, Answer, Command, Name, Refusal, Reply};
use scrip_store::{Job, Target};

use crate::Server;
use crate::problem::Problem;

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

/// The same, where a refusal needs no more than the ledger knows.
pub async fn commit_plain(server: &Server, job: Job) -> Result<Done, Problem> {
    let answer = commit(server, job).await?;
    match answer.outcome {
        Ok(reply) => Ok(Done { reply, replayed: answer.replayed }),
        Err(refusal) => Err(refused(&refusal, answer.replayed)),
    }
}

pub fn refused(refusal: &Refusal, replayed: bool) -> Problem {
    Problem::from(refusal).replayed(replayed)
}

pub fn job(studio: StudioId, target: Target, request: Request, actor: &Name, act: Act) -> Job {
    Job { studio, target, command: Command { request, actor: actor.clone(), act } }
}
