//! A quote is good for one hold.

use std::sync::Arc;

use scrip_ledger::book::Book;
use scrip_ledger::command::{CustomerPut, GrantNew, HoldNew, LineNew, Patch, Promise};
use scrip_ledger::grant::GrantKind;
use scrip_ledger::id::{StudioId, WalletId};
use scrip_ledger::policy::{BucketTerms, JobPolicy, Spending};
use scrip_ledger::{Act, Command, Credits, Name, Refusal, Span, Timestamp, Wallet, apply};

fn at(secs: u64) -> Timestamp {
    Timestamp::from_micros(0).after(Span::from_secs(secs))
}

fn spending() -> Arc<Spending> {
    let bucket = BucketTerms::plain("main", "credits");
    Arc::new(Spending::in_order(vec![bucket]))
}

fn command(act: Act) -> Command {
    Command { request: None, actor: Name::from("test"), act }
}

fn wallet_with(credits: i64) -> Wallet {
    let mut wallet = Wallet::new(WalletId::new(1).unwrap(), StudioId(1));
    let put = CustomerPut {
        id: Name::from("ada"),
        parent: None,
        name: Patch::Keep,
        email: Patch::Keep,
        zone: Patch::Keep,
        tools: Patch::Keep,
        overrides: Patch::Keep,
        contracts: Patch::Keep,
        metadata: Patch::Keep,
    };
    let grant = GrantNew {
        customer: Name::from("ada"),
        kind: GrantKind::Manual,
        bucket: Name::from("main"),
        amount: Credits::from_whole(credits).unwrap(),
        effective_at: None,
        expires_at: None,
        priority: 0,
        only_tools: None,
        paid: None,
        reason: None,
        spending: spending(),
    };
    for act in [Act::PutCustomer(Box::new(put)), Act::Grant(Box::new(grant))] {
        assert!(apply(&mut wallet, &Book::default(), at(0), &command(act)).0.outcome.is_ok());
    }
    wallet
}

fn hold_on(mark: u128, expires_at: Timestamp) -> Command {
    let line = LineNew {
        label: None,
        tool: None,
        model: None,
        quantity: 1,
        inputs: Name::from("{}"),
        open_inputs: vec![],
        amount: Credits::from_whole(1).unwrap(),
        policy: Arc::new(JobPolicy::default()),
    };
    command(Act::Hold(Box::new(HoldNew {
        customer: Name::from("ada"),
        member: None,
        currency: Name::from("credits"),
        lines: vec![line],
        envelope: false,
        promise: Some(Promise { quote: Name::from("qt_1"), mark, expires_at }),
        facts: None,
        catalog_version: 1,
        ttl: Span::from_minutes(15),
        reference: None,
        metadata: vec![],
        spending: spending(),
    })))
}

#[test]
fn a_redeemed_quote_is_used_until_it_would_have_expired_whatever_was_redeemed_since() {
    let mut wallet = wallet_with(100);
    assert!(apply(&mut wallet, &Book::default(), at(1), &hold_on(7, at(60))).0.outcome.is_ok());
    assert_eq!(apply(&mut wallet, &Book::default(), at(59), &hold_on(7, at(60))).0.outcome, Err(Refusal::QuoteUsed));
    assert_eq!(apply(&mut wallet, &Book::default(), at(60), &hold_on(7, at(60))).0.outcome, Err(Refusal::QuoteExpired));
    assert!(apply(&mut wallet, &Book::default(), at(61), &hold_on(8, at(120))).0.outcome.is_ok());
    assert_eq!(apply(&mut wallet, &Book::default(), at(62), &hold_on(7, at(60))).0.outcome, Err(Refusal::QuoteExpired));
}

#[test]
fn a_redeemed_quote_that_a_store_puts_back_is_used() {
    let mut wallet = wallet_with(100);
    wallet.restore_quote(7, at(60));
    assert_eq!(apply(&mut wallet, &Book::default(), at(59), &hold_on(7, at(60))).0.outcome, Err(Refusal::QuoteUsed));
}
