//! Prices that depend on the customer, on what was done before, on how a request comes in and on the hour.

use std::sync::Arc;

use expect_test::expect;
use scrip_catalog::{Ask, Catalog, CustomerFacts, Facts, InputValue, Priced};
use scrip_ledger::Credits;
use scrip_ledger::id::Name;

const CATALOG: &str = r#"
[studio]
name = "Facts"

[facts]
channel = { one_of = ["app", "api"], default = "app" }
mode = { one_of = ["fast", "relaxed"], default = "fast" }

[[bucket]]
id = "credits"

[[tool]]
id = "plain"
price = 3

[[tool]]
id = "cutout"
price = 5
first_free = { count = 3, per = "day" }

[[tool]]
id = "transcript"
inputs.seconds = "duration"
price = { per = "second", block = 60, credits = 2, min_quantity = 30 }
free_units = { of = "seconds", quantity = 600, per = "month" }

[[tool]]
id = "design"
price = 10
revision = 2
unchanged = "free"

[[tool]]
id = "timeline"
inputs.seconds = "duration"
price = { per = "second", credits = 2, growth_only = true }

[[tool]]
id = "image"
models.small = { price = 2 }
models.large = { price = "plan == 'pro' ? 4 : 6" }
let.is_api = "channel == 'api' ? 1 : 0"
inputs.images = { type = "integer", default = 1 }
requires = [{ rule = "images <= (plan == 'pro' ? 8 : 4)", input = "images", message = "4 images at once, 8 with Pro" }]

[[tool]]
id = "video"
inputs.seconds = "duration"
price = { per = "second", table = [
  { plan = "pro", mode = "relaxed", credits = 0 },
  { channel = "api", mode = "fast", credits = 5 },
  { credits = 4 },
], adjust = [{ label = "api", when = "channel == 'api' and plan == 'none'", add = 1 }] }

[[tool]]
id = "night"
price = { credits = 10, adjust = [{ label = "night", between = ["22:00", "06:00"], times = "0.5" }] }

[[plan]]
id = "pro"
monthly = { grants = [{ bucket = "credits", credits = 100 }] }
"#;

fn catalog() -> Catalog {
    match Catalog::from_toml(CATALOG) {
        Ok(checked) => checked.catalog,
        Err(problems) => panic!("{problems:#?}"),
    }
}

fn priced(tool: &str, inputs: &[(&str, &str)], quantity: u64, facts: Facts) -> Priced {
    let given: Vec<(&str, InputValue<'_>)> =
        inputs.iter().map(|(name, text)| (*name, InputValue::Text(text))).collect();
    let ask = Ask { quantity, ..Ask::new(tool, None, &given) };
    catalog().price_with(&ask, Some(&Arc::new(facts))).expect("a price")
}

/// What is charged, the free jobs, the free units, and the terms.
fn said(tool: &str, inputs: &[(&str, &str)], quantity: u64, facts: Facts) -> String {
    let priced = priced(tool, inputs, quantity, facts);
    let terms = catalog().explain(&priced);
    let sum: i64 = terms.iter().map(|term| term.credits.micro()).sum();
    assert_eq!(sum, priced.credits.micro(), "the terms sum to the price");
    let terms: Vec<String> = terms.iter().map(|term| format!("{} {}", term.label, term.credits)).collect();
    let (jobs, units) = (priced.free_jobs, priced.free_units);
    format!("{} credits, {jobs} free jobs, {units} free units: {}\n", priced.credits, terms.join(", "))
}

fn used(count: u64) -> Facts {
    Facts { used_count: Some(count), ..Facts::default() }
}

fn units_left(units: i64) -> Facts {
    Facts { free_units_left: Some(Credits::from_micro(units * 1_000_000)), ..Facts::default() }
}

#[test]
fn a_tool_says_what_its_price_depends_on() {
    let catalog = catalog();
    let depends = |tool: &str| catalog.tool(tool).expect("a tool").depends_on();
    let nothing = CustomerFacts::default();
    assert!(!depends("plain").any() && !depends("night").any());
    assert_eq!(depends("cutout"), CustomerFacts { used_count: true, ..nothing });
    assert_eq!(depends("transcript"), CustomerFacts { free_units: true, ..nothing });
    assert_eq!(depends("design"), CustomerFacts { unchanged: true, revision: true, ..nothing });
    assert_eq!(depends("timeline"), CustomerFacts { previous: true, ..nothing });
    assert_eq!(depends("image"), CustomerFacts { plan: true, ..nothing });
    assert_eq!(depends("video"), CustomerFacts { plan: true, ..nothing });
}

#[test]
fn the_first_jobs_are_free_and_a_line_of_several_uses_them_one_by_one() {
    let shown: String = [
        said("cutout", &[], 1, Facts::default()),
        said("cutout", &[], 1, used(0)),
        said("cutout", &[], 1, used(2)),
        said("cutout", &[], 1, used(3)),
        said("cutout", &[], 5, used(1)),
        said("cutout", &[], 2, used(0)),
    ]
    .concat();
    expect![[r#"
        5 credits, 0 free jobs, 0 free units: price 5
        0 credits, 1 free jobs, 0 free units: free 0
        0 credits, 1 free jobs, 0 free units: free 0
        5 credits, 0 free jobs, 0 free units: price 5
        15 credits, 2 free jobs, 0 free units: free 0, price 15
        0 credits, 2 free jobs, 0 free units: free 0
    "#]]
    .assert_eq(&shown);
}

#[test]
fn free_units_are_used_up_before_anything_is_charged() {
    let minute = &[("seconds", "60")][..];
    let shown: String = [
        said("transcript", minute, 1, Facts::default()),
        said("transcript", minute, 1, units_left(600)),
        said("transcript", minute, 1, units_left(45)),
        said("transcript", minute, 4, units_left(150)),
        said("transcript", &[("seconds", "10")], 1, units_left(600)),
        said("transcript", &[("seconds", "10")], 3, units_left(40)),
        said("transcript", minute, 1, units_left(0)),
    ]
    .concat();
    expect![[r#"
        2 credits, 0 free jobs, 0 free units: seconds 2
        0 credits, 0 free jobs, 60 free units: seconds 0
        2 credits, 0 free jobs, 45 free units: seconds 2
        4 credits, 0 free jobs, 150 free units: seconds 4
        0 credits, 0 free jobs, 30 free units: seconds 0
        4 credits, 0 free jobs, 40 free units: seconds 4
        2 credits, 0 free jobs, 0 free units: seconds 2
    "#]]
    .assert_eq(&shown);
}

#[test]
fn repeats_revisions_and_growth_cost_less() {
    let grown = |from: i64| Facts {
        previous: vec![(Name::from("seconds"), Credits::from_micro(from * 1_000_000))],
        ..Facts::default()
    };
    let shown: String = [
        said("design", &[], 1, Facts { unchanged: true, ..Facts::default() }),
        said("design", &[], 1, Facts { revision: true, ..Facts::default() }),
        said("design", &[], 1, Facts { unchanged: true, revision: true, ..Facts::default() }),
        said("timeline", &[("seconds", "30")], 1, grown(20)),
        said("timeline", &[("seconds", "20")], 1, grown(30)),
    ]
    .concat();
    expect![[r#"
        0 credits, 0 free jobs, 0 free units: free 0
        2 credits, 0 free jobs, 0 free units: price 2
        0 credits, 0 free jobs, 0 free units: free 0
        20 credits, 0 free jobs, 0 free units: seconds 20
        0 credits, 0 free jobs, 0 free units: seconds 0
    "#]]
    .assert_eq(&shown);
}

#[test]
fn plan_channel_and_mode_decide_wherever_a_price_is_said() {
    let facts = |plan: &str, channel: &str, mode: &str| {
        let word = |word: &str| (!word.is_empty()).then(|| Name::from(word));
        Facts { plan: word(plan), channel: word(channel), mode: word(mode), ..Facts::default() }
    };
    let video = |facts: Facts| priced("video", &[("seconds", "10")], 1, facts).credits.to_string();
    let shown = [
        video(facts("", "", "")),
        video(facts("", "api", "")),
        video(facts("pro", "api", "")),
        video(facts("pro", "", "relaxed")),
        video(facts("", "", "relaxed")),
        video(facts("gone", "", "")),
    ];
    assert_eq!(shown, ["40", "51", "50", "0", "40", "40"]);
    let image = |plan: &str, images: &str| {
        let given = [("images", InputValue::Text(images))];
        let ask = Ask::new("image", Some("large"), &given);
        let answer = catalog().price_with(&ask, Some(&Arc::new(facts(plan, "", ""))));
        answer.map(|priced| priced.credits.to_string()).map_err(|error| error.code())
    };
    assert_eq!(image("pro", "8"), Ok("4".to_owned()));
    assert_eq!(image("", "4"), Ok("6".to_owned()));
    assert_eq!(image("", "5"), Err("invalid_input"));
}

#[test]
fn a_channel_or_mode_that_is_not_declared_is_refused() {
    let ask = Ask::new("plain", None, &[]);
    let with = |facts: Facts| catalog().price_with(&ask, Some(&Arc::new(facts))).map(|priced| priced.credits);
    let wrong = Facts { channel: Some(Name::from("phone")), ..Facts::default() };
    let error = with(wrong).expect_err("no such channel");
    assert_eq!(
        (error.code(), error.to_string()),
        ("invalid_input", "input \"channel\" can't be \"phone\"; allowed: app, api".to_owned())
    );
    let plain = Catalog::from_toml("studio.name = \"X\"\ntool = [{ id = \"t\", price = 1 }]").expect("sound").catalog;
    let mode = Facts { mode: Some(Name::from("fast")), ..Facts::default() };
    let error = plain.price_with(&Ask::new("t", None, &[]), Some(&Arc::new(mode))).expect_err("no modes");
    assert_eq!(error.to_string(), "input \"mode\" can't be \"fast\"; allowed: nothing: leave it out");
}

#[test]
fn what_is_measured_uses_only_the_free_units_it_took() {
    let file = r#"
studio.name = "X"
[[tool]]
id = "song"
inputs.seconds = { type = "duration", max = 100, optional = true, measured = true }
price = { per = "second", credits = 1 }
free_units = { of = "seconds", quantity = 60, per = "day" }
"#;
    let catalog = Catalog::from_toml(file).expect("sound").catalog;
    let facts = Arc::new(units_left(60));
    let held = catalog.price_with(&Ask::new("song", None, &[]), Some(&facts)).expect("a price");
    assert_eq!((held.credits.to_string().as_str(), held.free_units.to_string().as_str()), ("40", "60"));
    let json = held.inputs_json();
    let line = scrip_catalog::Held { tool: "song", model: None, inputs_json: &json, quantity: 1 };
    let measure = |seconds: &str| {
        let measured =
            catalog.measure(&line, &[("seconds", InputValue::Text(seconds))], Some(&facts)).expect("a price");
        (measured.credits.to_string(), measured.free_units.to_string())
    };
    assert_eq!(measure("25"), ("0".to_owned(), "25".to_owned()));
    assert_eq!(measure("80"), ("20".to_owned(), "60".to_owned()));
}

#[test]
fn what_a_balance_buys_is_told_at_the_customers_own_prices() {
    let balance = |_: &scrip_catalog::Tool| Credits::from_micro(20_000_000);
    let buys = |facts: Option<Facts>| {
        let bought = catalog().affordability_with(balance, Some(&["image", "cutout", "video"]), facts.as_ref());
        let line = |bought: &scrip_catalog::Affordable| {
            let model = bought.model.as_ref().map_or(String::new(), |model| format!(" {model}"));
            let quantity = bought.quantity.as_deref().unwrap_or("any number of");
            format!("{}{model}: {quantity} {}\n", bought.tool, bought.unit)
        };
        bought.iter().map(line).collect::<String>()
    };
    let pro = Facts { plan: Some(Name::from("pro")), mode: Some(Name::from("relaxed")), ..used(0) };
    expect![[r#"
        cutout: 4 runs
        image small: 10 runs
        image large: 3 runs
        video: 5 seconds
        --
        cutout: 4 runs
        image small: 10 runs
        image large: 5 runs
        video: any number of seconds
    "#]]
    .assert_eq(&(buys(None) + "--\n" + &buys(Some(pro))));
}
