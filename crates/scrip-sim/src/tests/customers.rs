//! What would make a long table: a wallet full of customers.

use scrip_ledger::book::Book;
use scrip_ledger::command::{CustomerPut, Patch};
use scrip_ledger::customer::{Customer, PoolId};
use scrip_ledger::id::{StudioId, WalletId};
use scrip_ledger::{Act, Command, Name, Refusal, Reply, Timestamp, Wallet, apply};

fn put(id: &str, parent: &str) -> Command {
    let put = CustomerPut {
        id: Name::from(id),
        parent: Some(Name::from(parent)),
        name: Patch::Keep,
        email: Patch::Keep,
        zone: Patch::Keep,
        tools: Patch::Keep,
        overrides: Patch::Keep,
        contracts: Patch::Keep,
        metadata: Patch::Keep,
    };
    Command { request: None, actor: Name::from("table"), act: Act::PutCustomer(Box::new(put)) }
}

#[test]
fn a_wallet_has_room_for_65536_customers() {
    let at = Timestamp::from_micros(0);
    let mut wallet = Wallet::new(WalletId::new(1).expect("fits"), StudioId(1));
    wallet.customers = (0..=u16::MAX - 1)
        .map(|pool| Customer {
            id: Name::from(format!("customer {pool}")),
            pool: PoolId(pool),
            parent: (pool > 0).then_some(PoolId::ROOT),
            created_at: at,
            profile: None,
        })
        .collect();
    let (answer, _) = apply(&mut wallet, &Book::default(), at, &put("the last", "customer 0"));
    assert!(matches!(answer.outcome, Ok(Reply::Customer { created: true, .. })), "{answer:?}");
    let (answer, record) = apply(&mut wallet, &Book::default(), at, &put("one more", "customer 0"));
    assert_eq!((answer.outcome, record), (Err(Refusal::TooManyCustomers), None));
    // What is missing comes before what is full.
    let (answer, _) = apply(&mut wallet, &Book::default(), at, &put("one more", "nobody"));
    assert_eq!(answer.outcome.map_err(|refusal| refusal.code()), Err("not_found"));
    let (answer, _) = apply(&mut wallet, &Book::default(), at, &put("the last", "customer 0"));
    assert!(matches!(answer.outcome, Ok(Reply::Customer { created: false, .. })), "{answer:?}");
}
