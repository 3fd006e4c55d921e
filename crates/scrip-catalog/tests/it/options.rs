//! Ways out of a refusal: only what really fits, and packs that really cover what is missing.

use std::sync::Arc;

use scrip_catalog::{Ask, Catalog, Facts, InputValue, PayOption};
use scrip_ledger::Credits;
use scrip_ledger::id::Name;

use crate::prices::catalog;

fn credits(text: &str) -> Credits {
    text.parse().expect(text)
}

fn ways_out(
    catalog: &Catalog,
    tool: &str,
    model: Option<&str>,
    inputs: &[(&str, &str)],
    available: &str,
) -> Vec<String> {
    with_facts(catalog, tool, model, inputs, available, None)
}

fn with_facts(
    catalog: &Catalog,
    tool: &str,
    model: Option<&str>,
    inputs: &[(&str, &str)],
    available: &str,
    facts: Option<Arc<Facts>>,
) -> Vec<String> {
    let given: Vec<(&str, InputValue<'_>)> =
        inputs.iter().map(|(name, text)| (*name, InputValue::Text(text))).collect();
    let ask = Ask::new(tool, model, &given);
    let available = credits(available);
    let required = catalog.price_with(&ask, facts.as_ref()).expect("a price").hold;
    let shortfall = required.saturating_sub(available);
    let options = catalog.options(&ask, facts.as_ref(), available, shortfall, None).into_iter();
    let line = |option: PayOption| match option {
        PayOption::FreeVariant { inputs, credits } => {
            format!("free: {}={} for {credits}", inputs[0].name, inputs[0].value)
        }
        PayOption::OtherModel { model, credits } => format!("model: {model} for {credits}"),
        PayOption::Shorter { input, credits } => format!("shorter: {}={} for {credits}", input.name, input.value),
        PayOption::TopUp { pack, credits, price } => {
            format!("top up: {pack} with {credits} for {} {}", price.amount(), price.currency.code())
        }
    };
    options.map(line).collect()
}

#[test]
fn an_open_duration_that_is_too_dear_names_the_longest_one_that_fits() {
    let twin = catalog("studiotwin");
    let tool = "text-to-sound-effect";
    assert_eq!(
        ways_out(&twin, tool, None, &[], "17"),
        [
            "shorter: seconds=29 for 17",
            "top up: pack_100 with 100 for 10.00 usd",
            "top up: pack_500 with 500 for 45.00 usd"
        ]
    );
    assert_eq!(ways_out(&twin, tool, None, &[], "3")[0], "shorter: seconds=5 for 3");
    assert!(ways_out(&twin, tool, None, &[], "2").iter().all(|way| way.starts_with("top up")));
}

#[test]
fn cheaper_models_that_fit_are_named_with_what_they_cost() {
    let wzrd = catalog("wzrd-studio");
    let ways = ways_out(&wzrd, "video", None, &[], "17.5");
    assert_eq!(
        ways,
        [
            "model: fal-ai/ltx-video for 16",
            "top up: pack_50 with 50 for 5.00 usd",
            "top up: pack_100 with 100 for 10.00 usd",
            "top up: pack_500 with 500 for 50.00 usd",
            "top up: pack_550 with 550 for 50.00 usd",
        ]
    );
    let free = Arc::new(Facts { plan: Some(Name::from("free")), ..Facts::default() });
    assert_eq!(with_facts(&wzrd, "video", None, &[], "17.5", Some(free)), ways);
}

#[test]
fn a_free_quality_comes_first() {
    let studios = catalog("ai-studios");
    let ways = ways_out(&studios, "topic-to-video", None, &[("quality", "premium"), ("seconds", "10")], "4");
    assert_eq!(ways, ["free: quality=basic for 0", "shorter: seconds=4 for 4"]);
}

#[test]
fn a_product_that_sells_nothing_offers_nothing_to_buy() {
    let flow = catalog("flow-studio");
    let ways = ways_out(&flow, "live-action-easy", None, &[("seconds", "151")], "3000");
    assert_eq!(ways, ["shorter: seconds=150 for 3000"]);
    assert!(flow.top_ups("credits", None, credits("1")).is_empty());
}

#[test]
fn only_packs_that_cover_the_shortfall_are_offered() {
    let wzrd = catalog("wzrd-studio");
    let packs = |shortfall: &str| -> Vec<String> {
        wzrd.top_ups("credits", None, credits(shortfall)).into_iter().map(|(pack, _, _)| pack.to_string()).collect()
    };
    assert_eq!(packs("50"), ["pack_50", "pack_100", "pack_500", "pack_550"]);
    assert_eq!(packs("50.5"), ["pack_100", "pack_500", "pack_550"]);
    assert_eq!(packs("550"), ["pack_550"]);
    assert!(packs("551").is_empty());
    let sold = [Name::from("pack_100"), Name::from("pack_50")];
    let sold: Vec<_> =
        wzrd.top_ups("credits", Some(&sold), credits("60")).into_iter().map(|(pack, _, _)| pack).collect();
    assert_eq!(sold, [Name::from("pack_100")], "of those that the customer may buy");
}
