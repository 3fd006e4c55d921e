//! `/v1/batch`: many acts in one request, each standing for itself, all made durable by one flush.

use axum::extract::State;
use axum::http::StatusCode;
use scrip_api::batch::{BatchDone, BatchNew, Op, Operation};
use scrip_api::charge::RefundNew;
use scrip_api::hold::{CaptureNew, ExtensionNew, HoldNew, ReleaseNew};
use scrip_api::wallet::GrantNew;
use scrip_ledger::{Answer, Refusal};
use scrip_store::{Job, Target};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::KeyCaller;
use crate::acts::{self, Ready, Words, charge_target, customer_target, hold_target};
use crate::answer::{self, Answered};
use crate::body::{LARGE_BODY_MAX, Received, read_json};
use crate::commit::{self, Request};
use crate::idempotency::{self, IdempotencyKey};
use crate::jobs::JobKind;
use crate::openapi::Refusals;
use crate::problem::Problem;
use crate::{Server, Shared};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(create))
}

/// Acts that one batch may have.
const OPERATIONS_MAX: usize = 1_000;

/// Does up to 1,000 acts, in order. Each item has its own idempotency key and its own answer.
#[utoipa::path(post, path = "/v1/batch", tag = "jobs", operation_id = "do_batch",
    request_body = BatchNew,
    responses((status = 200, description = "The answers, in the order of the acts", body = BatchDone), Refusals))]
async fn create(State(server): State<Shared>, received: Received<LARGE_BODY_MAX>) -> Answered {
    let caller = received.caller.key()?;
    let new: BatchNew<'_> = received.json()?;
    if OPERATIONS_MAX < new.operations.len() {
        let reason = format_args!("must have at most {OPERATIONS_MAX} operations");
        return Err(Problem::invalid_input("operations", reason));
    }
    let mut items = Vec::with_capacity(new.operations.len());
    let mut jobs = Vec::with_capacity(new.operations.len());
    for operation in &new.operations {
        items.push(Item::make_ready(&server, caller, operation.get(), &mut jobs).await);
    }
    let answers = if jobs.is_empty() { Vec::new() } else { server.store.commit(jobs).await? };
    let mut answers = answers.into_iter();
    let mut body = Vec::with_capacity(64 + items.len() * 640);
    body.extend_from_slice(b"{\"results\":[");
    for (index, item) in items.into_iter().enumerate() {
        if index != 0 {
            body.push(b',');
        }
        item.write(&server, caller, &mut answers, &mut body).await?;
    }
    body.extend_from_slice(b"]}");
    Ok(answer::json_bytes(StatusCode::OK, body))
}

/// One act of a batch.
enum Item<'a> {
    /// Its command is in the commit; if its price no longer holds then, it is made anew from what was asked.
    Committed(Words, &'a str),
    /// It was answered before and can't be made ready any more.
    Remembered(Answer, Words),
    Refused(Problem),
}

impl<'a> Item<'a> {
    async fn make_ready(server: &Server, caller: &KeyCaller, json: &'a str, jobs: &mut Vec<Job>) -> Item<'a> {
        let operation = match read_json::<Operation<'_>>(json.as_bytes()) {
            Ok(operation) => operation,
            Err(problem) => return Item::Refused(problem),
        };
        let (target, request) = match scope(caller, &operation, json) {
            Ok(scoped) => scoped,
            Err(problem) => return Item::Refused(problem),
        };
        let unready = match &target {
            Target::Customer(customer) if operation.op == Op::Grant => Words::Grant(customer.clone()),
            Target::Customer(customer) => Words::Unpriceable(customer.clone()),
            Target::Wallet(_) => Words::Plain,
        };
        match ready(server, caller, operation).await {
            Ok(ready) => {
                jobs.push(commit::job(caller.studio, ready.target, request, &caller.id, ready.act));
                Item::Committed(ready.words, json)
            }
            Err(problem) => match acts::remembered_or(server, caller.studio, target, request, problem).await {
                Ok(answer) => Item::Remembered(answer, unready),
                Err(problem) => Item::Refused(problem),
            },
        }
    }

    async fn write(
        self,
        server: &Server,
        caller: &KeyCaller,
        answers: &mut impl Iterator<Item = Answer>,
        body: &mut Vec<u8>,
    ) -> Result<(), Problem> {
        let (answer, words) = match self {
            Item::Committed(words, json) => {
                let answer = answers.next().ok_or_else(|| Problem::internal("the store answered too little"))?;
                match answer.outcome {
                    Err(Refusal::Reprice) => return Item::again(server, caller, json, body).await,
                    _ => (answer, words),
                }
            }
            Item::Remembered(answer, words) => (answer, words),
            Item::Refused(problem) => return write_problem(&problem, body),
        };
        let start = write_head(answer.replayed, body);
        match acts::word(server, caller.studio, &words, &answer, body).await {
            Ok(worded) => {
                write_status(worded.status, &mut body[start..]);
                body.push(b'}');
                Ok(())
            }
            Err(problem) => {
                body.truncate(start);
                write_problem(&problem, body)
            }
        }
    }
}

impl Item<'_> {
    /// Prices an act anew and commits it alone, as often as its wallet changes in between.
    async fn again(server: &Server, caller: &KeyCaller, json: &str, body: &mut Vec<u8>) -> Result<(), Problem> {
        for _ in 0..commit::REPRICED_MAX {
            let mut jobs = Vec::with_capacity(1);
            let item = Item::make_ready(server, caller, json, &mut jobs).await;
            let answers = if jobs.is_empty() { Vec::new() } else { server.store.commit(jobs).await? };
            if !matches!(answers.first().map(|answer| &answer.outcome), Some(Err(Refusal::Reprice))) {
                return Box::pin(item.write(server, caller, &mut answers.into_iter(), body)).await;
            }
        }
        write_problem(&Problem::from(&Refusal::Reprice), body)
    }
}

/// Begins an item, with room for its status; answers where it begins.
fn write_head(replayed: bool, body: &mut Vec<u8>) -> usize {
    let start = body.len();
    body.extend_from_slice(b"{\"status\":000,\"replayed\":");
    body.extend_from_slice(if replayed { b"true" } else { b"false" });
    body.extend_from_slice(b",\"body\":");
    start
}

/// Puts the status, which is known once the body is written, in front of it.
fn write_status(status: u16, item: &mut [u8]) {
    const AT: usize = "{\"status\":".len();
    for (place, divisor) in [100, 10, 1].into_iter().enumerate() {
        item[AT + place] = b'0' + (status / divisor % 10) as u8;
    }
}

fn write_problem(problem: &Problem, body: &mut Vec<u8>) -> Result<(), Problem> {
    let start = write_head(problem.replayed, body);
    write_status(problem.status(), &mut body[start..]);
    serde_json::to_writer(&mut *body, problem.body()).map_err(Problem::internal)?;
    body.push(b'}');
    Ok(())
}

/// Where the act's wallet is, and its idempotency key in its scope.
fn scope(caller: &KeyCaller, operation: &Operation<'_>, json: &str) -> Result<(Target, Request), Problem> {
    let key = IdempotencyKey::parse(operation.idempotency_key.as_bytes())?;
    let id = || operation.id.as_deref().ok_or_else(|| Problem::invalid_input("id", "must be given"));
    let customer = || operation.customer.as_deref().ok_or_else(|| Problem::invalid_input("customer", "must be given"));
    let (target, whose, route) = match operation.op {
        Op::Hold => (customer_target("customer", customer()?)?, customer()?, "POST /v1/batch hold"),
        Op::Charge => (customer_target("customer", customer()?)?, customer()?, "POST /v1/batch charge"),
        Op::Grant => (customer_target("customer", customer()?)?, customer()?, "POST /v1/batch grant"),
        Op::Capture => (hold_target(id()?)?.1, "", "POST /v1/batch capture"),
        Op::Release => (hold_target(id()?)?.1, "", "POST /v1/batch release"),
        Op::Extend => (hold_target(id()?)?.1, "", "POST /v1/batch extend"),
        Op::Refund => (charge_target(id()?)?.1, "", "POST /v1/batch refund"),
    };
    let fingerprint = idempotency::fingerprint("/v1/batch", json.as_bytes());
    Ok((target, Some((key.scoped(Some(caller.studio), whose, route), fingerprint))))
}

/// Makes the act ready from the fields that are its own; a field of another act is an unknown one.
async fn ready(server: &Server, caller: &KeyCaller, operation: Operation<'_>) -> Result<Ready, Problem> {
    if let Some(field) = foreign_field(&operation) {
        return Err(Problem::unknown_field(field));
    }
    let id = operation.id.clone().unwrap_or_default();
    match operation.op {
        Op::Hold => acts::job(server, caller, &job(operation), JobKind::Hold).await,
        Op::Charge => acts::job(server, caller, &job(operation), JobKind::Charge).await,
        Op::Capture => {
            let new = CaptureNew {
                outcome: operation.outcome,
                inputs: operation.inputs,
                amount: operation.amount,
                delivered: operation.delivered,
                of: operation.of,
                line: operation.line,
                stage: operation.stage,
                is_final: operation.is_final,
                cost: operation.cost,
            };
            acts::capture(server, caller, &id, &new).await
        }
        Op::Release => acts::release(caller, &id, &ReleaseNew { reason: operation.reason }),
        Op::Extend => {
            let Operation { expires_in, amount, line, .. } = operation;
            acts::extend(server, caller, &id, &ExtensionNew { expires_in, amount, line })
        }
        Op::Refund => {
            let Operation { amount, fraction, reason, to_bucket, .. } = operation;
            acts::refund(server, caller, &id, &RefundNew { amount, fraction, reason, to_bucket })
        }
        Op::Grant => grant(server, caller, operation),
    }
}

fn job(operation: Operation<'_>) -> HoldNew<'_> {
    HoldNew {
        customer: operation.customer.unwrap_or_default(),
        member: operation.member,
        quote: operation.quote,
        tool: operation.tool,
        model: operation.model,
        inputs: operation.inputs,
        lines: operation.lines,
        envelope: operation.envelope,
        channel: operation.channel,
        mode: operation.mode,
        revision: operation.revision,
        previous: operation.previous,
        amount: operation.amount,
        expires_in: operation.expires_in,
        reference: operation.reference,
        metadata: operation.metadata,
        cost: operation.cost,
    }
}

fn grant(server: &Server, caller: &KeyCaller, operation: Operation<'_>) -> Result<Ready, Problem> {
    let missing = |input: &str| Problem::invalid_input(input, "must be given");
    let new = GrantNew {
        amount: operation.amount.ok_or_else(|| missing("amount"))?,
        bucket: operation.bucket.ok_or_else(|| missing("bucket"))?,
        expires_at: operation.expires_at,
        effective_at: operation.effective_at,
        priority: operation.priority,
        only_tools: operation.only_tools,
        paid: operation.paid,
        reason: operation.reason.ok_or_else(|| missing("reason"))?,
    };
    acts::grant(server, caller, &operation.customer.unwrap_or_default(), &new)
}

/// The first field that is given and does not belong to this act.
fn foreign_field(operation: &Operation<'_>) -> Option<&'static str> {
    use Op::{Capture, Charge, Extend, Grant, Hold, Refund, Release};
    let fields: [(&'static str, bool, &[Op]); 30] = [
        ("id", operation.id.is_some(), &[Capture, Release, Extend, Refund]),
        ("customer", operation.customer.is_some(), &[Hold, Charge, Grant]),
        ("member", operation.member.is_some(), &[Hold, Charge]),
        ("quote", operation.quote.is_some(), &[Hold, Charge]),
        ("tool", operation.tool.is_some(), &[Hold, Charge]),
        ("model", operation.model.is_some(), &[Hold, Charge]),
        ("inputs", operation.inputs.is_some(), &[Hold, Charge, Capture]),
        ("lines", operation.lines.is_some(), &[Hold, Charge]),
        ("envelope", operation.envelope.is_some(), &[Hold, Charge]),
        ("channel", operation.channel.is_some(), &[Hold, Charge]),
        ("mode", operation.mode.is_some(), &[Hold, Charge]),
        ("revision", operation.revision.is_some(), &[Hold, Charge]),
        ("previous", operation.previous.is_some(), &[Hold, Charge]),
        ("amount", operation.amount.is_some(), &[Hold, Charge, Capture, Extend, Refund, Grant]),
        ("expires_in", operation.expires_in.is_some(), &[Hold, Extend]),
        ("reference", operation.reference.is_some(), &[Hold, Charge]),
        ("metadata", operation.metadata.is_some(), &[Hold, Charge]),
        ("outcome", operation.outcome.is_some(), &[Capture]),
        ("stage", operation.stage.is_some(), &[Capture]),
        ("delivered", operation.delivered.is_some(), &[Capture]),
        ("of", operation.of.is_some(), &[Capture]),
        ("line", operation.line.is_some(), &[Capture, Extend]),
        ("final", operation.is_final.is_some(), &[Capture]),
        ("cost", operation.cost.is_some(), &[Charge, Capture]),
        ("reason", operation.reason.is_some(), &[Release, Refund, Grant]),
        ("fraction", operation.fraction.is_some(), &[Refund]),
        ("to_bucket", operation.to_bucket.is_some(), &[Refund]),
        ("bucket", operation.bucket.is_some(), &[Grant]),
        ("priority", operation.priority.is_some(), &[Grant]),
        ("only_tools", operation.only_tools.is_some(), &[Grant]),
    ];
    let more = [
        ("expires_at", operation.expires_at.is_some()),
        ("effective_at", operation.effective_at.is_some()),
        ("paid", operation.paid.is_some()),
    ];
    let foreign = fields.iter().find(|(_, given, acts)| *given && !acts.contains(&operation.op)).map(|found| found.0);
    let of_grants = more.iter().find(|(_, given)| *given && operation.op != Grant).map(|found| found.0);
    foreign.or(of_grants)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_another_act_is_unknown() {
        for (json, field) in [
            (r#"{"op":"hold","idempotency_key":"k","customer":"a","tool":"t"}"#, None),
            (r#"{"op":"hold","idempotency_key":"k","customer":"a","outcome":"failed"}"#, Some("outcome")),
            (r#"{"op":"capture","idempotency_key":"k","id":"h","customer":"a"}"#, Some("customer")),
            (r#"{"op":"refund","idempotency_key":"k","id":"h","paid":{"amount":"1","currency":"usd"}}"#, Some("paid")),
        ] {
            let operation: Operation<'_> = read_json(json.as_bytes()).unwrap();
            assert_eq!(foreign_field(&operation), field, "{json}");
        }
    }
}
