//! What the pure core costs by itself: pricing a formula, deciding a hold and its capture.

use std::sync::Arc;
use std::time::Instant;

use scrip_catalog::{Ask, Catalog, InputValue};
use scrip_ledger::command::{Asked, CaptureNew, CustomerPut, GrantNew, HoldNew, LineNew, Patch};
use scrip_ledger::grant::GrantKind;
use scrip_ledger::id::{Fingerprint, RequestKey, StudioId, WalletId};
use scrip_ledger::policy::{JobPolicy, Outcome};
use scrip_ledger::{Act, Command, Credits, Name, Reply, Span, Timestamp, Wallet, apply};

use crate::report::Report;

const CATALOG: &str = include_str!("../../../../../catalogs/studiotwin.toml");
const ROUNDS: u32 = 1_000_000;

pub fn measure(report: &mut Report) {
    let catalog = Catalog::from_toml(CATALOG).expect("a catalog of this project").catalog;
    report.price_ns(price(&catalog));
    let (hold, capture) = hold_and_capture(&catalog);
    report.apply_ns(hold, capture);
}

/// Nanoseconds to check the inputs of the dearest formula and price it.
fn price(catalog: &Catalog) -> u64 {
    let inputs =
        [("width", InputValue::Text("1920")), ("height", InputValue::Text("1080")), ("upscale", InputValue::Text("4"))];
    let ask = Ask::new("text-to-material", Some("patina"), &inputs);
    let started = Instant::now();
    let mut sum = 0i64;
    for _ in 0..ROUNDS {
        sum = sum.wrapping_add(catalog.price(std::hint::black_box(&ask)).expect("a price").credits.micro());
    }
    std::hint::black_box(sum);
    started.elapsed().as_nanos() as u64 / u64::from(ROUNDS)
}

/// Nanoseconds to decide a hold, and to decide its capture, in a wallet with a few grants.
fn hold_and_capture(catalog: &Catalog) -> (u64, u64) {
    let spending = catalog.spending().clone();
    let mut wallet = Wallet::new(WalletId::new(1).expect("in range"), StudioId(1));
    let mut at = Timestamp::from_micros(1_800_000_000_000_000);
    let mut key = 0u128;
    let mut ask = |wallet: &mut Wallet, act: Act| {
        key += 1;
        at = at.after(Span::from_micros(10));
        let command = Command { request: Some((RequestKey(key), Fingerprint(key))), actor: Name::from("bench"), act };
        apply(wallet, &scrip_ledger::book::Book::default(), at, &command)
            .0
            .outcome
            .expect("the bench asks for what is possible")
    };
    ask(&mut wallet, Act::PutCustomer(Box::new(customer())));
    for bucket in ["subscription", "top_up", "top_up"] {
        ask(&mut wallet, Act::Grant(Box::new(grant(bucket, spending.clone()))));
    }
    let (mut holding, mut capturing) = (0, 0);
    let rounds = 200_000;
    for _ in 0..rounds {
        let new = hold(spending.clone());
        let started = Instant::now();
        let Reply::Hold(hold) = ask(&mut wallet, new) else { continue };
        holding += started.elapsed().as_nanos() as u64;
        let new = capture(hold.id, spending.clone());
        let started = Instant::now();
        ask(&mut wallet, new);
        capturing += started.elapsed().as_nanos() as u64;
        wallet.holds.clear();
        wallet.charges.clear();
        wallet.requests.clear();
    }
    (holding / rounds, capturing / rounds)
}

fn customer() -> CustomerPut {
    CustomerPut {
        id: Name::from("user_1"),
        parent: None,
        name: Patch::Keep,
        email: Patch::Keep,
        zone: Patch::Keep,
        tools: Patch::Keep,
        overrides: Patch::Keep,
        contracts: Patch::Keep,
        metadata: Patch::Keep,
    }
}

fn grant(bucket: &str, spending: Arc<scrip_ledger::policy::Spending>) -> GrantNew {
    GrantNew {
        customer: Name::from("user_1"),
        kind: GrantKind::Manual,
        bucket: Name::from(bucket),
        amount: Credits::from_whole(1_000_000_000).expect("in range"),
        effective_at: None,
        expires_at: None,
        priority: 0,
        only_tools: None,
        paid: None,
        reason: None,
        spending,
    }
}

fn hold(spending: Arc<scrip_ledger::policy::Spending>) -> Act {
    let currency = spending.buckets[0].currency.clone();
    Act::Hold(Box::new(HoldNew {
        customer: Name::from("user_1"),
        member: None,
        currency,
        lines: vec![LineNew {
            label: None,
            tool: Some(Name::from("text-to-motion")),
            model: Some(Name::from("kimodo")),
            quantity: 1,
            inputs: Name::from("{\"actions\":\"1\"}"),
            open_inputs: Vec::new(),
            amount: Credits::from_whole(5).expect("in range"),
            policy: Arc::new(JobPolicy::default()),
        }],
        envelope: false,
        promise: None,
        facts: None,
        catalog_version: 1,
        ttl: Span::from_minutes(15),
        reference: None,
        metadata: Vec::new(),
        spending,
    }))
}

fn capture(hold: scrip_ledger::id::HoldId, spending: Arc<scrip_ledger::policy::Spending>) -> Act {
    let capture = CaptureNew {
        outcome: Outcome::Succeeded,
        line: None,
        asked: Asked::Held,
        delivered: None,
        is_final: true,
        cost: None,
        stage: None,
        free_units: None,
        spending,
    };
    Act::Capture { hold, capture: Box::new(capture) }
}
