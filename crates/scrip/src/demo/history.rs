//! Plays a sample studio's month through the public API, as its product would have.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::plan::{self, DAYS, Ending, What};
use super::sample::{Customer, Grant, Job, Line, Sample, Units};
use crate::api_client::{Answer, ApiClient, path_part};
use crate::exit_code::{ExitCode, Failure};

/// What was done, for the line that the demo prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Played {
    pub customers: usize,
    pub jobs: usize,
}

/// Moves a studio's clock. One that is ahead has been there before, and is as good: an interrupted history goes on
/// where it stopped.
pub fn set_clock(client: &ApiClient, to: Timestamp) -> Result<Answer, Failure> {
    let answer = client.post_freely("/v1/test-clock", &json!({ "now": to.to_string() }))?;
    let ahead = answer.text("code") == "clock_backwards";
    Ok(if ahead { Answer { status: 200, ..answer } } else { answer })
}

struct Player<'a> {
    /// With the studio's own key.
    client: &'a ApiClient,
    sample: &'static Sample,
    begin: Timestamp,
    /// Where the studio's clock stands, in minutes from the beginning.
    minute: u32,
    jobs: usize,
}

/// Publishes the sample's catalog and plays its month, which ends at `now`. Everything is done under keys of its
/// own, so playing it again changes nothing.
pub fn play(client: &ApiClient, sample: &'static Sample, now: Timestamp) -> Result<Played, Failure> {
    let begin = now - SignedDuration::from_hours(i64::from(DAYS) * 24);
    let mut player = Player { client, sample, begin, minute: 0, jobs: 0 };
    player.set_clock(begin)?;
    player.publish()?;
    for customer in sample.customers {
        player.put_customer(customer)?;
    }
    for event in plan::events(sample) {
        player.wait_until(event.minute)?;
        let customer = &sample.customers[event.customer];
        match event.what {
            What::Given { index, grant } => {
                let key = format!("demo-{}-grant-{index}", customer.id);
                player.give(customer, grant, &key)?;
            }
            What::Bought(units) => player.buy(customer, units)?,
            What::Asked { number, job, ending, member } => player.run(customer, member, number, job, ending)?,
        }
    }
    player.set_clock(now)?;
    Ok(Played { customers: sample.customers.len(), jobs: player.jobs })
}

impl Player<'_> {
    fn set_clock(&self, to: Timestamp) -> Result<(), Failure> {
        self.expect(set_clock(self.client, to)?, "the test clock").map(drop)
    }

    fn wait_until(&mut self, minute: u32) -> Result<(), Failure> {
        if minute > self.minute {
            self.minute = minute;
            self.set_clock(self.begin + SignedDuration::from_mins(i64::from(minute)))?;
        }
        Ok(())
    }

    fn publish(&self) -> Result<(), Failure> {
        let answer = self.client.post_toml("/v1/catalog/versions", self.sample.catalog, "demo-catalog")?;
        self.expect(answer, "the catalog").map(drop)
    }

    fn put_customer(&self, customer: &Customer) -> Result<(), Failure> {
        let path = format!("/v1/customers/{}", path_part(customer.id));
        let answer = self.client.put(&path, &json!({ "name": customer.name, "email": customer.email }))?;
        self.expect(answer, customer.id)?;
        let seats = customer.plan.and_then(|plan| plan.seats);
        if let Some(plan) = customer.plan {
            let mut body = json!({ "plan": plan.id, "interval": "month" });
            if let Some(seats) = seats {
                body["seats"] = json!(seats);
            }
            let key = format!("demo-{}-plan", customer.id);
            let answer = self.client.post(&format!("{path}/subscriptions"), &body, &key)?;
            self.expect(answer, customer.id)?;
        }
        for (index, member) in customer.members.iter().enumerate() {
            let mut body = json!({ "role": "member" });
            if seats.is_some() {
                body["seat"] = json!(index + 1);
            }
            let answer = self.client.put(&format!("{path}/members/{member}"), &body)?;
            self.expect(answer, member)?;
        }
        Ok(())
    }

    fn buy(&self, customer: &Customer, units: Units) -> Result<(), Failure> {
        let path = format!("/v1/customers/{}/add-ons", path_part(customer.id));
        let body = json!({ "add_on": units.add_on, "units": units.units });
        let answer = self.client.post(&path, &body, &format!("demo-{}-units", customer.id))?;
        self.expect(answer, customer.id).map(drop)
    }

    fn give(&self, customer: &Customer, grant: &Grant, key: &str) -> Result<(), Failure> {
        let mut body = json!({ "amount": grant.amount, "bucket": grant.bucket, "reason": grant.reason });
        if let Some(days) = grant.expires_after_days {
            let expiry = self.begin + SignedDuration::from_hours(i64::from(grant.day + days) * 24);
            body["expires_at"] = json!(expiry.to_string());
        }
        if let Some(dollars) = grant.paid {
            body["paid"] = json!({ "amount": dollars, "currency": "usd" });
        }
        let path = format!("/v1/customers/{}/grants", path_part(customer.id));
        let answer = self.client.post(&path, &body, key)?;
        self.expect(answer, customer.id).map(drop)
    }

    /// One job from its price to its end. A customer who has too little buys more where the product sells it, and
    /// else does without.
    fn run(
        &mut self,
        customer: &Customer,
        member: Option<&str>,
        number: usize,
        job: &Job,
        ending: Ending,
    ) -> Result<(), Failure> {
        let mut asked = job_body(job);
        asked["customer"] = json!(customer.id);
        if let Some(member) = member {
            asked["member"] = json!(member);
        }
        let at_once = ending == Ending::ChargedAtOnce;
        for attempt in ["", "-again"] {
            let key = format!("demo-{number}{attempt}");
            let answer = if at_once { self.charge(&asked, number, &key)? } else { self.hold(&asked, number, &key)? };
            if answer.status == 402 {
                let Some(pack) = self.sample.top_up.as_ref().filter(|_| attempt.is_empty()) else { return Ok(()) };
                self.give(customer, pack, &format!("demo-{number}-top-up"))?;
                continue;
            }
            let made = self.expect(answer, &format!("job {number}"))?;
            self.jobs += 1;
            return if at_once { Ok(()) } else { self.end(made.text("id"), job, ending, number) };
        }
        Ok(())
    }

    /// Asks for the price first, as a product that shows it does, and holds what was quoted.
    fn hold(&self, asked: &Value, number: usize, key: &str) -> Result<Answer, Failure> {
        let quote = self.client.post_freely("/v1/quotes", asked)?;
        let quote = self.expect(quote, &format!("the quote of job {number}"))?;
        let mut body = json!({
            "customer": asked["customer"],
            "quote": quote.text("id"),
            "reference": format!("job-{number:04}"),
        });
        if !asked["member"].is_null() {
            body["member"] = asked["member"].clone();
        }
        let answer = self.client.post("/v1/holds", &body, key)?;
        match answer.text("code") {
            "idempotency_key_reused" => self.hold_made_before(number),
            _ => Ok(answer),
        }
    }

    /// The hold of a history that was interrupted: it was asked for with another quote. Without one, the credits
    /// were missing.
    fn hold_made_before(&self, number: usize) -> Result<Answer, Failure> {
        let listed = self.client.get(&format!("/v1/holds?reference=job-{number:04}"))?;
        let listed = self.expect(listed, &format!("the hold of job {number}"))?;
        match listed.body["data"].as_array().and_then(|holds| holds.first()) {
            Some(hold) => Ok(Answer { status: 200, replayed: true, body: hold.clone() }),
            None => Ok(Answer { status: 402, replayed: true, body: Value::Null }),
        }
    }

    fn charge(&self, asked: &Value, number: usize, key: &str) -> Result<Answer, Failure> {
        let mut body = asked.clone();
        body["reference"] = json!(format!("job-{number:04}"));
        self.client.post("/v1/charges", &body, key)
    }

    fn end(&mut self, hold: &str, job: &Job, ending: Ending, number: usize) -> Result<(), Failure> {
        if matches!(ending, Ending::Running | Ending::Forgotten) {
            return Ok(());
        }
        self.wait_until(self.minute + job.minutes)?;
        let key = format!("demo-{number}-end");
        let path = format!("/v1/holds/{hold}/capture");
        let answer = match ending {
            Ending::Cancelled => {
                let body = json!({ "reason": "cancelled by the customer" });
                self.client.post(&format!("/v1/holds/{hold}/release"), &body, &key)?
            }
            Ending::Failed => self.client.post(&path, &json!({ "outcome": "failed" }), &key)?,
            Ending::Moderated => self.client.post(&path, &json!({ "outcome": "moderated" }), &key)?,
            Ending::Partly(delivered) => {
                let body = json!({ "outcome": "partial", "delivered": delivered, "of": 4 });
                self.client.post(&path, &body, &key)?
            }
            _ if job.lines.len() > 1 => self.capture_lines(&path, job, &key)?,
            _ => self.client.post(&path, &succeeded(job), &key)?,
        };
        let captured = self.expect(answer, &format!("the end of job {number}"))?;
        let fraction = match ending {
            Ending::HalfRefunded => "0.5",
            Ending::Refunded => "1",
            _ => return Ok(()),
        };
        self.wait_until(self.minute + 25)?;
        self.refund(&captured.body["charge"], fraction, number)
    }

    /// Each line of a storyboard is captured when it is done.
    fn capture_lines(&mut self, path: &str, job: &Job, key: &str) -> Result<Answer, Failure> {
        let last = job.lines.len();
        for line in 1..last {
            let body = json!({ "outcome": "succeeded", "line": line.to_string() });
            let answer = self.client.post(path, &body, &format!("{key}-{line}"))?;
            self.expect(answer, &format!("line {line}"))?;
            self.wait_until(self.minute + 1)?;
        }
        self.client.post(path, &json!({ "outcome": "succeeded", "line": last.to_string() }), &format!("{key}-{last}"))
    }

    /// What was free cannot be given back.
    fn refund(&self, charge: &Value, fraction: &str, number: usize) -> Result<(), Failure> {
        let id = charge["id"].as_str().unwrap_or_default();
        if charge["credits"] == "0" {
            return Ok(());
        }
        let body = json!({ "fraction": fraction, "reason": "the result was not usable" });
        let answer = self.client.post(&format!("/v1/charges/{id}/refunds"), &body, &format!("demo-{number}-refund"))?;
        self.expect(answer, &format!("the refund of job {number}")).map(drop)
    }

    fn expect(&self, answer: Answer, what: &str) -> Result<Answer, Failure> {
        if answer.is_success() {
            return Ok(answer);
        }
        let refusal = answer.refusal();
        Err(Failure::new(ExitCode::Problems, format!("demo, {}, {what}: {refusal}", self.sample.id)))
    }
}

/// What the product asks for: one line by itself, several as lines.
pub fn job_body(job: &Job) -> Value {
    match job.lines {
        [line] => line_body(line),
        lines => json!({ "lines": lines.iter().map(line_body).collect::<Vec<_>>() }),
    }
}

fn line_body(line: &Line) -> Value {
    let mut body = json!({ "tool": line.tool, "inputs": fields(line.inputs) });
    if let Some(model) = line.model {
        body["model"] = json!(model);
    }
    if let Some(label) = line.label {
        body["label"] = json!(label);
    }
    body
}

fn succeeded(job: &Job) -> Value {
    if job.measured.is_empty() {
        return json!({ "outcome": "succeeded" });
    }
    json!({ "outcome": "succeeded", "inputs": fields(job.measured) })
}

fn fields(pairs: &[(&str, &str)]) -> Value {
    Value::Object(pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect())
}
