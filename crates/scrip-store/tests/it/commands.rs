//! Commands as the tests speak them.

use std::sync::Arc;

use scrip_ledger::book::{PlanRules, Terms};
use scrip_ledger::command::{
    Asked, CaptureNew, CustomerPut, Extension, GrantNew, HoldNew, LineNew, MemberPut, Patch, Promise, RefundNew,
    RefundShare,
};
use scrip_ledger::facts::{FactsUsed, LineFacts, Repeat};
use scrip_ledger::grant::GrantKind;
use scrip_ledger::id::{ChargeId, Fingerprint, GrantId, HoldId, Name, RequestKey, StudioId};
use scrip_ledger::plan::TermsWithoutPlan;
use scrip_ledger::policy::{BucketTerms, JobPolicy, Outcome, Spending};
use scrip_ledger::{Act, Command, Credits, Span, Timestamp};
use scrip_store::{Job, Target};

pub const STUDIO: StudioId = StudioId(1);

pub fn credits(text: &str) -> Credits {
    text.parse().expect(text)
}

pub fn at(secs: i64) -> Timestamp {
    Timestamp::from_micros(1_767_225_600_000_000 + secs * 1_000_000)
}

thread_local! {
    static SPENDING: Arc<Spending> = {
        let bucket = |id| BucketTerms::plain(id, "credits");
        Arc::new(Spending::in_order(vec![bucket("free"), bucket("main")]))
    };
    static POLICY: Arc<JobPolicy> = Arc::new(JobPolicy::default());
    static WORDS: [Name; 6] =
        ["credits", "text-to-material", "patina", "{\"width\":\"512\"}", "test", "main"].map(Name::from);
}

fn word(index: usize) -> Name {
    WORDS.with(|words| words[index].clone())
}

pub fn spending() -> Arc<Spending> {
    SPENDING.with(Arc::clone)
}

/// Terms of a catalog that has the two buckets and no plans.
pub fn terms() -> Terms {
    Terms {
        version: 0,
        effective_at: Timestamp::MIN,
        zone: Name::from("UTC"),
        spending: spending(),
        plans: vec![],
        add_ons: vec![],
        packs: vec![],
        promotions: vec![],
        rules: PlanRules::default(),
        without_plan: TermsWithoutPlan::default(),
    }
}

/// A request key and fingerprint from a number.
pub fn request(number: u64) -> (RequestKey, Fingerprint) {
    let spread = u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    (RequestKey(spread), Fingerprint(spread.rotate_left(64)))
}

pub fn job(customer: &str, act: Act) -> Job {
    job_of(STUDIO, Target::Customer(Name::from(customer)), None, act)
}

pub fn keyed(customer: &str, number: u64, act: Act) -> Job {
    job_of(STUDIO, Target::Customer(Name::from(customer)), Some(request(number)), act)
}

pub fn job_of(studio: StudioId, target: Target, request: Option<(RequestKey, Fingerprint)>, act: Act) -> Job {
    Job { studio, target, command: Command { request, actor: word(4), act }, trace: None }
}

pub fn customer(id: &str) -> Act {
    put_customer(id, None, None)
}

pub fn put_customer(id: &str, parent: Option<&str>, name: Option<&str>) -> Act {
    Act::PutCustomer(Box::new(CustomerPut {
        id: Name::from(id),
        parent: parent.map(Name::from),
        name: name.map_or(Patch::Keep, |name| Patch::Set(Name::from(name))),
        email: Patch::Keep,
        zone: Patch::Keep,
        tools: Patch::Keep,
        overrides: Patch::Keep,
        contracts: Patch::Keep,
        metadata: Patch::Keep,
    }))
}

pub fn member(customer: &str, id: &str, seat: Option<u32>) -> Act {
    let put = MemberPut {
        id: Name::from(id),
        role: Patch::Keep,
        seat: seat.map_or(Patch::Keep, Patch::Set),
        limits: Patch::Keep,
        caps: Patch::Keep,
    };
    Act::PutMember { customer: Name::from(customer), put: Box::new(put) }
}

pub fn grant(customer: &str, amount: &str) -> Act {
    grant_until(customer, amount, None)
}

pub fn grant_until(customer: &str, amount: &str, expires_at: Option<Timestamp>) -> Act {
    Act::Grant(Box::new(GrantNew {
        customer: Name::from(customer),
        kind: GrantKind::Manual,
        bucket: word(5),
        amount: credits(amount),
        effective_at: None,
        expires_at,
        priority: 0,
        only_tools: None,
        paid: None,
        reason: None,
        spending: spending(),
    }))
}

pub fn line(amount: Credits) -> LineNew {
    LineNew {
        label: None,
        tool: Some(word(1)),
        model: Some(word(2)),
        quantity: 1,
        inputs: word(3),
        open_inputs: vec![],
        amount,
        policy: POLICY.with(Arc::clone),
    }
}

pub fn hold_new(customer: &Name, amount: Credits) -> HoldNew {
    HoldNew {
        customer: customer.clone(),
        member: None,
        currency: word(0),
        lines: vec![line(amount)],
        envelope: false,
        promise: None,
        facts: None,
        catalog_version: 1,
        ttl: Span::from_minutes(15),
        reference: None,
        metadata: vec![],
        spending: spending(),
    }
}

pub fn hold(customer: &str, amount: &str) -> Act {
    Act::Hold(Box::new(hold_new(&Name::from(customer), credits(amount))))
}

pub fn hold_on_quote(customer: &str, amount: &str, mark: u128, expires_at: Timestamp) -> Act {
    let promise = Promise { quote: Name::from(format!("qt_{mark}")), mark, expires_at };
    Act::Hold(Box::new(HoldNew { promise: Some(promise), ..hold_new(&Name::from(customer), credits(amount)) }))
}

pub fn charge(customer: &str, amount: &str) -> Act {
    Act::Charge { job: Box::new(hold_new(&Name::from(customer), credits(amount))), cost: None }
}

/// A charge of inputs that are free for a day once they were paid for.
pub fn charge_repeatable(customer: &str, mark: &str) -> Act {
    let repeat = Repeat { mark: Name::from(mark), paid: false, free_for: Some(Span::from_days(1)) };
    let line = LineFacts { line: 0, tool: word(1), free_job: None, free_units: None, repeat: Some(repeat) };
    let facts = FactsUsed { lines: vec![line], of_wallet: true, ..FactsUsed::default() };
    let job = HoldNew { facts: Some(Box::new(facts)), ..hold_new(&Name::from(customer), credits("1")) };
    Act::Charge { job: Box::new(job), cost: None }
}

pub fn capture_as(hold: HoldId, asked: Asked, outcome: Outcome, is_final: bool) -> Act {
    let capture = CaptureNew {
        outcome,
        line: None,
        asked,
        delivered: None,
        is_final,
        cost: None,
        stage: None,
        free_units: None,
        spending: spending(),
    };
    Act::Capture { hold, capture: Box::new(capture) }
}

pub fn capture(hold: HoldId) -> Act {
    capture_as(hold, Asked::Held, Outcome::Succeeded, true)
}

pub fn release(hold: HoldId) -> Act {
    Act::Release { hold, reason: None }
}

pub fn extend(hold: HoldId, ttl: Span) -> Act {
    Act::Extend { hold, by: Extension { ttl: Some(ttl), amount: None, line: None, spending: spending() } }
}

pub fn refund(charge: ChargeId, share: RefundShare) -> Act {
    Act::Refund { charge, refund: Box::new(RefundNew { share, reason: None, to_bucket: None, spending: spending() }) }
}

pub fn void(grant: GrantId) -> Act {
    Act::VoidGrant { grant, reason: None }
}
