//! What the auditor finds when a change is left out of a history.

use std::collections::BTreeMap;

use expect_test::expect;
use scrip_ledger::audit::Auditor;
use scrip_ledger::change::{Change, Record};
use scrip_ledger::id::WalletId;
use scrip_ledger::pack::Pack;
use scrip_ledger::policy::JobPolicy;

use crate::offers::*;
use crate::story::Story;

const SCRIPT: &str = "
    start ada team as S1
    buy ada small
    grant ada 20 lent
    member ada ann cap spend 100
    hold ada 60 by ann as H1
    end S1
    capture H1 50 as C1
    refund C1 20
    start ada team as S2
    charge ada 30
    buy ada small
";

fn history() -> Vec<Record> {
    let mut terms = terms(vec![plan("team", vec![rule("monthly", "40")])]);
    terms.packs = vec![Pack { bucket: "kept".into(), ..pack("small", "50", "5") }];
    let mut story = Story::new(terms, JobPolicy::default());
    for line in SCRIPT.lines().map(str::trim).filter(|line| !line.is_empty()) {
        story.line(line);
    }
    story.records
}

fn kind(change: &Change) -> &'static str {
    match change {
        Change::CustomerPut(_) => "a customer",
        Change::MemberPut(_) => "a member",
        Change::GrantIssued { .. } => "a grant",
        Change::GrantVoided { .. } => "a grant taken back",
        Change::Entry(_) => "an entry",
        Change::HoldPlaced { .. } => "a hold",
        Change::HoldChanged { .. } => "a hold that changed",
        Change::Charged(_) => "a charge",
        Change::ChargeRefunded { .. } => "what a charge gave back",
        Change::Refunded(_) => "a refund",
        Change::SubscriptionPut(_) => "a subscription",
        Change::GrantLocked { locked: true, .. } => "a grant frozen",
        Change::GrantLocked { locked: false, .. } => "a grant thawed",
        Change::Tallied { .. } => "a tally",
        _ => "another change",
    }
}

#[test]
fn what_is_left_out_of_a_history_is_found_if_credits_depend_on_it() {
    let history = history();
    let violations = |history: &[Record]| {
        let mut auditor = Auditor::new(WalletId::new(1).unwrap());
        history.iter().for_each(|record| auditor.follow(record));
        auditor.violations.len()
    };
    assert_eq!(violations(&history), 0);
    let mut found: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for (record, whole) in history.iter().enumerate() {
        for change in 0..whole.changes.len() {
            let mut damaged = history.clone();
            let left_out = damaged[record].changes.remove(change);
            let counts = found.entry(kind(&left_out)).or_default();
            counts.0 += u32::from(violations(&damaged) > 0);
            counts.1 += 1;
        }
    }
    let told: String = found.iter().map(|(kind, (found, all))| format!("{kind}: {found} of {all}\n")).collect();
    expect![[r#"
        a charge: 2 of 2
        a customer: 1 of 1
        a grant: 7 of 7
        a grant frozen: 2 of 2
        a grant taken back: 2 of 2
        a grant thawed: 2 of 2
        a hold: 2 of 2
        a hold that changed: 2 of 2
        a member: 0 of 1
        a refund: 1 of 1
        a subscription: 0 of 5
        a tally: 0 of 4
        an entry: 27 of 27
        another change: 0 of 3
        what a charge gave back: 0 of 1
    "#]]
    .assert_eq(&told);
}
