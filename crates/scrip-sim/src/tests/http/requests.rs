//! An act of a scenario as a request.

use scrip_ledger::Span;
use serde_json::{Map, Value, json};

use super::{HttpWorld, answers};
use crate::scenario::act::{Act, Asked, Capture, Grant, Job, Line, MemberPut, Money};
use crate::scenario::{Answer, draft, when};

pub struct Asks {
    pub method: &'static str,
    pub path: String,
    pub body: Option<Value>,
}

fn post(path: String, body: Value) -> Asks {
    Asks { method: "POST", path, body: Some(body) }
}

fn put(path: String, body: Value) -> Asks {
    Asks { method: "PUT", path, body: Some(body) }
}

/// The request, or the answer where there is nothing that could be named in one.
pub fn of(world: &HttpWorld, asked: &Asked) -> Result<Result<Asks, Answer>, String> {
    let customer = &asked.who.customer;
    let at = |rest: &str| format!("/v1/customers/{customer}{rest}");
    let known = |names: &std::collections::BTreeMap<String, String>, name: &str| {
        names.get(name).cloned().ok_or_else(|| format!("nothing is called {name}"))
    };
    let can_be_asked_before = matches!(
        asked.act,
        Act::Subscribe { .. }
            | Act::Change(_)
            | Act::Cancel { .. }
            | Act::PastDue { .. }
            | Act::Recover { .. }
            | Act::BuyAddOn { .. }
            | Act::Reverse { .. }
    );
    if asked.preview && !can_be_asked_before {
        return Err("the server tells beforehand only what acts on subscriptions and reversals do".to_owned());
    }
    let asks = match &asked.act {
        Act::Pass => return Err("time passes by itself".to_owned()),
        Act::Join(join) => put(at(""), some([("parent", text(&join.parent)), ("zone", text(&join.zone))])),
        Act::Enable(tools) => put(at(""), json!({ "tools": tools })),
        Act::Contract { plan, terms } => {
            let overrides: Value = read(&draft::overrides(plan, terms)?)?;
            put(at(""), json!({ "overrides": overrides }))
        }
        Act::PutMember(member) => put(at(&format!("/members/{}", member.member)), member_put(member)?),
        Act::RemoveMember { member } => Asks { method: "DELETE", path: at(&format!("/members/{member}")), body: None },
        Act::Grant(grant) => post(at("/grants"), grant_new(grant)),
        Act::Void { grant } => {
            post(format!("/v1/grants/{}/void", known(&world.named.grants, grant)?), json!({ "reason": "void" }))
        }
        Act::Transfer { amount, bucket, to } => {
            post("/v1/transfers".to_owned(), json!({"from": customer, "to": to, "amount": amount, "bucket": bucket}))
        }
        Act::Quote(work) => post("/v1/quotes".to_owned(), job(world, asked, work)?),
        Act::Hold { job: work, ttl } => {
            let mut body = job(world, asked, work)?;
            if let Some(ttl) = ttl {
                body["expires_in"] = Value::from(iso(*ttl));
            }
            post("/v1/holds".to_owned(), body)
        }
        Act::Charge(work) => post("/v1/charges".to_owned(), job(world, asked, work)?),
        Act::Capture(capture) => {
            let hold = known(&world.named.holds, &capture.hold)?;
            post(format!("/v1/holds/{hold}/capture"), capture_new(capture))
        }
        Act::Release { hold } => post(format!("/v1/holds/{}/release", known(&world.named.holds, hold)?), json!({})),
        Act::Extend { hold, ttl, amount, line } => {
            let hold = known(&world.named.holds, hold)?;
            let body = some([
                ("expires_in", ttl.map(|ttl| Value::from(iso(ttl)))),
                ("amount", text(amount)),
                ("line", line.map(|line| Value::from(line.to_string()))),
            ]);
            post(format!("/v1/holds/{hold}/extend"), body)
        }
        Act::Refund { charge, amount, fraction, to } => {
            let charge = known(&world.named.charges, charge)?;
            let body = some([
                ("amount", text(amount)),
                ("fraction", text(fraction)),
                ("to_bucket", text(to)),
                ("reason", Some(Value::from("refund"))),
            ]);
            post(format!("/v1/charges/{charge}/refunds"), body)
        }
        plans => return plan_act(world, asked, plans),
    };
    Ok(Ok(asks))
}

fn plan_act(world: &HttpWorld, asked: &Asked, act: &Act) -> Result<Result<Asks, Answer>, String> {
    let customer = &asked.who.customer;
    let at = |rest: &str| format!("/v1/customers/{customer}{rest}");
    Ok(Ok(match act {
        Act::Subscribe { plan, interval, seats, starts_at } => {
            let body = some([
                ("plan", Some(Value::from(plan.as_str()))),
                ("interval", Some(Value::from(interval_of(interval)))),
                ("seats", seats.map(Value::from)),
                ("starts_at", starts_at.map(|at| Value::from(when::rfc3339(at)))),
            ]);
            post(at(if asked.preview { "/subscriptions/preview" } else { "/subscriptions" }), body)
        }
        Act::Change(change) => {
            let body = some([
                ("plan", text(&change.plan)),
                ("interval", change.interval.as_deref().map(|word| Value::from(interval_of(word)))),
                ("seats", change.seats.map(Value::from)),
                ("cancel_at_period_end", change.ends.map(Value::from)),
            ]);
            let id = subscription(world, customer, change.subscription.as_deref())?;
            if asked.preview {
                post(at(&format!("/subscriptions/{id}/preview")), body)
            } else {
                Asks { method: "PATCH", path: at(&format!("/subscriptions/{id}")), body: Some(body) }
            }
        }
        Act::Cancel { subscription: named, now } => {
            let when = if *now { "now" } else { "period_end" };
            on(world, asked, named.as_deref(), "cancel", json!({ "at": when }))?
        }
        Act::PastDue { subscription: named } => on(world, asked, named.as_deref(), "past-due", json!({}))?,
        Act::Recover { subscription: named } => on(world, asked, named.as_deref(), "recover", json!({}))?,
        Act::BuyAddOn { add_on, units, subscription: named } => {
            let id = named.as_deref().map(|name| subscription(world, customer, Some(name))).transpose()?;
            let body = some([
                ("add_on", Some(Value::from(add_on.as_str()))),
                ("units", Some(Value::from(*units))),
                ("subscription", id.map(Value::from)),
            ]);
            post(at(if asked.preview { "/add-ons/preview" } else { "/add-ons" }), body)
        }
        Act::EndAddOn { add_on } => {
            let id = self::add_on(world, customer, add_on)?;
            Asks { method: "DELETE", path: at(&format!("/add-ons/{id}")), body: None }
        }
        Act::Purchase { pack, paid } => post(
            at("/purchases"),
            some([("pack", Some(Value::from(pack.as_str()))), ("paid", paid.as_ref().map(money))]),
        ),
        Act::Reverse { purchase, amount } => {
            let id = world.named.grants.get(purchase).ok_or_else(|| format!("there is no purchase {purchase}"))?;
            let act = if asked.preview { "preview" } else { "reverse" };
            let body = some([("amount", amount.as_ref().map(money)), ("reason", Some(Value::from("reversed")))]);
            post(at(&format!("/purchases/{id}/{act}")), body)
        }
        Act::Claim { promotion, code } => {
            post(at("/claims"), some([("promotion", Some(Value::from(promotion.as_str()))), ("code", text(code))]))
        }
        other => return Err(format!("{other:?} is no act on plans")),
    }))
}

/// An act on a subscription, or its preview.
fn on(world: &HttpWorld, asked: &Asked, named: Option<&str>, act: &str, mut body: Value) -> Result<Asks, String> {
    let customer = &asked.who.customer;
    let id = subscription(world, customer, named)?;
    let path = format!("/v1/customers/{customer}/subscriptions/{id}");
    if asked.preview {
        body["act"] = Value::from(act.replace('-', "_"));
        return Ok(post(format!("{path}/preview"), body));
    }
    Ok(post(format!("{path}/{act}"), body))
}

/// The subscription of that name, or the customer's last that has not ended, or the last.
pub fn subscription(world: &HttpWorld, customer: &str, name: Option<&str>) -> Result<String, String> {
    if let Some(name) = name {
        let known = world.named.subscriptions.get(name).cloned();
        return known.ok_or_else(|| format!("there is no subscription {name}"));
    }
    let all = world.list(&format!("/v1/customers/{customer}/subscriptions"))?;
    let live = all.iter().rfind(|one| one["status"] != "canceled");
    let found = live.or_else(|| all.last()).and_then(|one| one["id"].as_str());
    Ok(found.unwrap_or("sub_00000000000000000000000000").to_owned())
}

/// The add-on that was called so, or the customer's last of that kind.
fn add_on(world: &HttpWorld, customer: &str, name: &str) -> Result<String, String> {
    if let Some(id) = world.named.add_ons.get(name) {
        return Ok(id.clone());
    }
    let subscriptions = world.list(&format!("/v1/customers/{customer}/subscriptions"))?;
    let all = subscriptions.iter().flat_map(|one| one["add_ons"].as_array().cloned().unwrap_or_default());
    let kind: Vec<Value> = all.filter(|one| one["add_on"] == name && one["status"] != "ended").collect();
    let open = kind.iter().rfind(|one| one["status"] == "active");
    let found = open.or_else(|| kind.last()).and_then(|one| one["id"].as_str());
    Ok(found.unwrap_or("add_00000000000000000000000000").to_owned())
}

fn interval_of(word: &str) -> &str {
    match word {
        "daily" => "day",
        "weekly" => "week",
        "every_30_days" => "30_days",
        "monthly" => "month",
        "annual" => "year",
        other => other,
    }
}

fn job(world: &HttpWorld, asked: &Asked, job: &Job) -> Result<Value, String> {
    let mut body = match job {
        Job::Amount(amount) => json!({ "amount": amount }),
        Job::Quote(name) => {
            let quote = world.named.quotes.get(name).ok_or_else(|| format!("there is no quote {name}"))?;
            json!({ "quote": quote })
        }
        Job::Lines { lines, envelope, says } => {
            let mut body = match lines.as_slice() {
                [one] if one.quantity.is_none() && one.label.is_none() && !envelope => line(one),
                several => json!({ "lines": several.iter().map(line).collect::<Vec<_>>() }),
            };
            if *envelope {
                body["envelope"] = Value::from(true);
            }
            for (name, value) in [("channel", &says.channel), ("mode", &says.mode)] {
                if let Some(value) = value {
                    body[name] = Value::from(value.as_str());
                }
            }
            // What is said of the work belongs into each of several lines.
            let of_work = |line: &mut Value| {
                if says.revision {
                    line["revision"] = Value::from(true);
                }
                if !says.previous.is_empty() {
                    line["previous"] = inputs(&says.previous);
                }
            };
            match body.get_mut("lines").and_then(Value::as_array_mut) {
                Some(lines) => lines.iter_mut().for_each(of_work),
                None => of_work(&mut body),
            }
            body
        }
    };
    body["customer"] = Value::from(asked.who.customer.as_str());
    if let Some(member) = &asked.who.member {
        body["member"] = Value::from(member.as_str());
    }
    Ok(body)
}

fn line(line: &Line) -> Value {
    some([
        ("tool", Some(Value::from(line.tool.as_str()))),
        ("model", text(&line.model)),
        ("inputs", Some(inputs(&line.inputs))),
        ("quantity", line.quantity.map(Value::from)),
        ("label", text(&line.label)),
    ])
}

fn inputs(inputs: &[(String, String)]) -> Value {
    let inputs = inputs.iter().map(|(name, value)| (name.clone(), answers::input(value)));
    Value::Object(inputs.collect::<Map<_, _>>())
}

fn capture_new(capture: &Capture) -> Value {
    let measured = (!capture.measured.is_empty()).then(|| inputs(&capture.measured));
    some([
        ("inputs", measured),
        ("amount", text(&capture.amount)),
        ("outcome", text(&capture.outcome)),
        ("stage", text(&capture.stage)),
        ("delivered", capture.delivered.map(|(part, _)| Value::from(part))),
        ("of", capture.delivered.map(|(_, of)| Value::from(of))),
        ("line", capture.line.map(|line| Value::from(line.to_string()))),
        ("final", (!capture.last).then(|| Value::from(false))),
    ])
}

fn grant_new(grant: &Grant) -> Value {
    some([
        ("amount", Some(Value::from(grant.amount.as_str()))),
        ("bucket", Some(Value::from(grant.bucket.as_str()))),
        ("effective_at", grant.starts_at.map(|at| Value::from(when::rfc3339(at)))),
        ("expires_at", grant.expires_at.map(|at| Value::from(when::rfc3339(at)))),
        ("only_tools", grant.only_tools.as_ref().map(|tools| json!(tools))),
        ("priority", (grant.priority != 0).then(|| Value::from(grant.priority))),
        ("paid", grant.paid.as_ref().map(money)),
        ("reason", Some(Value::from(grant.reason.as_deref().unwrap_or("by hand")))),
    ])
}

fn member_put(member: &MemberPut) -> Result<Value, String> {
    let limits = draft::limits(&member.limits)?.map(|limits| read(&limits)).transpose()?;
    let mut body = some([("role", text(&member.role)), ("limits", limits)]);
    if let Some(seat) = member.seat {
        body["seat"] = json!(seat);
    }
    Ok(body)
}

fn money(money: &Money) -> Value {
    json!({ "amount": money.amount, "currency": money.currency })
}

fn read(json: &str) -> Result<Value, String> {
    serde_json::from_str(json).map_err(|error| error.to_string())
}

fn text(text: &Option<String>) -> Option<Value> {
    text.as_deref().map(Value::from)
}

/// An object of what is given.
fn some<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let given = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(given.collect())
}

fn iso(span: Span) -> String {
    format!("PT{}S", span.secs())
}
