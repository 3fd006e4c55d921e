//! The documents' own tables and sentences, made again from the rate card.

use expect_test::expect;
use scrip_catalog::Catalog;
use scrip_catalog::rate_card::{RateCard, RatePrice, RateTable, RateTool};

use crate::prices::{catalog, root};

fn card(name: &str) -> RateCard {
    catalog(name).rate_card()
}

fn line(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn table(text: &mut String, table: &RateTable) {
    text.push_str(&format!("# {}\n", table.title));
    if !table.rows.is_empty() {
        text.push_str(&line(&table.header));
    }
    for row in &table.rows {
        text.push_str(&line(row));
    }
}

/// One text if all are the same, otherwise a list as the document writes it.
fn listed(texts: Vec<String>) -> String {
    match texts.as_slice() {
        [first, rest @ ..] if rest.iter().all(|text| text == first) => first.clone(),
        _ => texts.iter().map(|text| format!("- {text}")).collect::<Vec<_>>().join(" "),
    }
}

fn tool_row(tool: &RateTool) -> Vec<String> {
    let names = tool.models.iter().map(|model| model.name.clone()).collect();
    let prices = tool.models.iter().map(|model| model.price.text.clone()).collect();
    vec![tool.name.clone(), listed(names), listed(prices)]
}

#[test]
fn the_first_documents_toolkits_and_formula_tables_are_made_from_its_catalog() {
    let card = card("studiotwin");
    let mut text = String::new();
    for toolkit in &card.toolkits {
        text.push_str(&format!("# {}\n| Tool | Model | Credits |\n", toolkit.name));
        for tool in &toolkit.tools {
            text.push_str(&line(&tool_row(tool)));
        }
        for tool in &toolkit.tools {
            tool.tables.iter().for_each(|shown| table(&mut text, shown));
        }
    }
    // The document marks a single model as a list of one.
    let published = include_str!("published/studiotwin.txt").replace("| - eleven", "| eleven");
    assert_eq!(text, published);
    let formulas: Vec<&str> = card
        .toolkits
        .iter()
        .flat_map(|kit| &kit.tools)
        .flat_map(|tool| &tool.tables)
        .filter_map(|t| t.formula.as_deref())
        .collect();
    assert_eq!(
        formulas,
        [
            "round(2 + 10 * Megapixel + 3 * Megapixel * upscaleFactor)",
            "round(13 + 10 * Megapixel + 3 * Megapixel * upscaleFactor)",
            "round(max(duration in seconds, 5) * 0.6)",
        ]
    );
}

#[test]
fn the_second_documents_lists_are_made_from_its_catalog() {
    let card = card("neural-frames");
    let mut text = format!("Last updated: {}\n", card.last_updated.as_deref().expect("a date"));
    for toolkit in &card.toolkits {
        text.push_str(&format!("# {}\n", toolkit.name));
        for tool in &toolkit.tools {
            for model in &tool.models {
                text.push_str(&format!("{}: {}\n", model.name, model.price.text));
            }
            if let Some(RatePrice { text: price, .. }) = &tool.price {
                text.push_str(&format!("{}: {price}\n", tool.name));
            }
        }
    }
    assert_eq!(
        text,
        "Last updated: 2025-06-27\n\
         # Autopilot\n\
         Seedance V1 Lite: 5 acorns per second\n\
         Kling 2.1 Standard: 8 acorns per second\n\
         Kling 2.1 Pro: 15 acorns per second\n\
         Autopilot storyboard: included\n\
         # Text-to-Video Animation\n\
         Seedance V1 Lite: 3 acorns per second\n\
         Runway Gen-3 Alpha: 5 acorns per second\n\
         Kling 2.1 Standard: 7 acorns per second\n\
         Kling 2.1 Pro: 12 acorns per second\n\
         Image generation: 4 acorns per image\n\
         # Frame-by-Frame Animation\n\
         Frame-by-Frame Animation: 1 acorn per second\n\
         Image generation: 0.1 acorns for every 4 images\n"
    );
}

#[test]
fn the_third_documents_rates_and_plan_equivalents_are_made_from_its_catalog() {
    let card = card("flow-studio");
    assert_eq!(
        card.lines,
        [
            "1 second of Live Action (Easy or Advanced): 20 credits",
            "1 second of AI MoCap only: 4 credits",
            "1 second of Animation / Video to 3D Scene: 20 credits",
            "1 second of Wonder Tools Clean Plate: 4 credits",
            "1 second of Wonder Tools Camera Track: 4 credits",
        ]
    );
    let plans: Vec<_> = card.plans.iter().map(|plan| (&*plan.name, &plan.grants, &plan.equivalents)).collect();
    let expected = [
        (
            "Lite",
            "3,000 credits per month",
            [
                "150 seconds of Live Action",
                "750 seconds of AI MoCap",
                "150 seconds of Animation / Video to 3D Scene",
                "750 seconds of Wonder Tools Clean Plate & Camera Track",
            ],
        ),
        (
            "Pro",
            "12,000 credits per month",
            [
                "600 seconds of Live Action",
                "3,000 seconds of AI MoCap",
                "600 seconds of Animation / Video to 3D Scene",
                "3,000 seconds of Wonder Tools Clean Plate & Camera Track",
            ],
        ),
    ];
    assert_eq!(plans.len(), expected.len());
    for ((name, grants, equivalents), (plan, credits, buys)) in plans.into_iter().zip(expected) {
        assert_eq!(
            (name, grants.as_slice(), equivalents.as_slice()),
            (plan, &[credits.to_owned()][..], &buys.map(str::to_owned)[..])
        );
    }
}

#[test]
fn the_fourth_documents_grants_and_units_are_made_from_its_catalog() {
    let card = card("ai-studios");
    let tools: Vec<(&str, &str)> = card
        .toolkits
        .iter()
        .flat_map(|kit| &kit.tools)
        .map(|tool| (&*tool.name, &*tool.price.as_ref().expect("a price").text))
        .collect();
    assert_eq!(
        tools,
        [
            ("AI Image Generator", "1 credit per image"),
            ("AI Video Generator", "1 credit per second"),
            ("Topic to Video", "premium: 1 credit per image and per second; basic: free"),
            ("AI Helper", "premium: 1 credit per image and per second; basic: free"),
            ("Avatar video", "free"),
            ("Docs to Video", "free"),
        ]
    );
    let plans: Vec<(&str, Vec<&str>)> =
        card.plans.iter().map(|plan| (&*plan.name, plan.grants.iter().map(|grant| &**grant).collect())).collect();
    assert_eq!(
        plans,
        [
            ("Free Plan", vec!["16 credits per month"]),
            ("Personal Plan", vec!["60 credits per month", "720 credits per year (granted upfront)"]),
            ("Team Plan", vec!["150 credits per seat per month", "1,800 credits per seat per year (granted upfront)"]),
            ("Enterprise", vec![]),
        ]
    );
    let units: Vec<&str> = card.add_ons.iter().map(|unit| &*unit.text).collect();
    assert_eq!(
        units,
        ["1 unit = 60 credits = $10 (per user)", "1 unit = 200 credits = $30 (shared across your workspace)"]
    );
}

#[test]
fn the_fifth_documents_tables_are_made_from_its_catalog() {
    let mut text = String::new();
    for shown in &card("wzrd-studio").tables {
        table(&mut text, shown);
    }
    assert_eq!(text, include_str!("published/wzrd-studio.txt"));
}

#[test]
fn prices_by_the_minute_and_the_hour_are_told_so() {
    let text = std::fs::read_to_string(root().join("vectors/breadth/prices/per-second.toml")).expect("text");
    let catalog = scrip_catalog::Catalog::from_toml(&text).expect("sound").catalog;
    let card = catalog.rate_card();
    let tools = card.toolkits.iter().flat_map(|kit| &kit.tools);
    let lines: Vec<String> =
        tools.map(|tool| format!("{}: {}", tool.name, tool.price.as_ref().expect("one price").text)).collect();
    expect_test::expect![[r#"
        whole-seconds: 7 credits per second
        tenths: 1.5 credits per second (counted by 0.1 seconds)
        quarter-minutes: 20 credits for every 15 seconds
        whole-minutes: 10 credits per minute
        half-minutes: 10 credits per minute (counted by 30 seconds, at least 1 minute)
        minutes-by-the-second: 10 credits per minute (counted by 1 second)
        hours: up to 2 hours: 100 credits, up to 10 hours: 80 credits
        rounded-down: 2 credits per second
        rounded-half-up: 2 credits per second
        exact: 0.4 credits per second
        least-and-most: 3 credits per second (at least 5 seconds, at most 60 seconds)
        least-credits: 0.6 credits per second
        first-seconds-free: 1 credit per second (the first 10 seconds free)"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn what_is_free_and_what_a_job_brings_stands_beside_the_price() {
    let mut lines = Vec::new();
    for file in ["free", "revision", "earned"] {
        let path = root().join(format!("vectors/breadth/prices/{file}.toml"));
        let text = std::fs::read_to_string(path).expect("text");
        let card = scrip_catalog::Catalog::from_toml(&text).expect("sound").catalog.rate_card();
        for tool in card.toolkits.iter().flat_map(|kit| &kit.tools) {
            lines.push(format!("{}: {}", tool.name, tool.allowances.join(", ")));
        }
    }
    expect_test::expect![[r#"
        background-removal: the first 3 a day are free
        transcription: the first 10 minutes a month are free
        design: the same again is free for 365 days, a change: 2.5 credits
        timeline: 
        song: each brings 10 credits for cover
        cover: "#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn what_a_plan_brings_once_and_how_often_a_pack_is_sold_is_told() {
    let file = r#"
studio = { name = "X" }
bucket = [{ id = "credits" }]
tool = [{ id = "image", price = 1 }]

[[plan]]
id = "basic"
welcome = [{ bucket = "credits", credits = 20 }]
trial = "PT36H"
monthly = { grants = [{ bucket = "credits", credits = 100 }] }
[[plan]]
id = "pro"
trial = { lasts = "P7D", grants = [{ bucket = "credits", credits = 50 }] }
monthly = { grants = [{ bucket = "credits", credits = 500 }] }

[[pack]]
id = "hello"
bucket = "credits"
credits = 20
price = "1.00 usd"
purchases_at_most = 1
[[pack]]
id = "more"
bucket = "credits"
credits = 100
price = "9.00 usd"
purchases_at_most = 2
per = "month"
"#;
    let card = scrip_catalog::Catalog::from_toml(file).expect("sound").catalog.rate_card();
    let plans = card.plans.iter().map(|plan| format!("{}: {}", plan.name, plan.grants.join(", ")));
    let packs = card.packs.iter().map(|pack| format!("{}: {}", pack.name, pack.text));
    let lines: Vec<String> = plans.chain(packs).collect();
    expect_test::expect![[r#"
        basic: 100 credits per month, 20 credits to begin with, free to try for 36 hours
        pro: 500 credits per month, 50 credits to try it for 7 days
        hello: 20 credits for $1.00 (once)
        more: 100 credits for $9.00 (at most 2 a month)"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn plans_are_told_in_their_own_units_and_months_and_at_their_own_prices() {
    let file = r#"
studio = { name = "X", units = [{ id = "minutes", name = "minute", plural = "minutes" }] }
rate_card.equivalents = [
  { text = "{quantity} images", tools = ["image"] },
  { text = "{quantity} seconds of avatar", tools = ["avatar"] },
]
bucket = [{ id = "credits" }, { id = "time", unit = "minutes" }, { id = "stills", only_tools = ["image"] }]

[[tool]]
id = "image"
inputs.images = "integer"
price = { per = "image", table = [{ plan = "pro", credits = 2 }, { credits = 4 }] }

[[tool]]
id = "avatar"
unit = "minutes"
inputs.seconds = "duration"
price = { per = "minute", credits = 1 }

[[plan]]
id = "basic"
tools = ["image"]
monthly = { grants = [{ bucket = "credits", credits = 100 }, { bucket = "time", credits = 5 }] }

[[plan]]
id = "pro"
monthly = { grants = [{ bucket = "credits", credits = 100 }, { bucket = "stills", credits = 20 }, { bucket = "time", credits = 5 }] }

[[plan]]
id = "yearly"
annual = { price = "99.00 usd", grants = [{ bucket = "credits", credits = 100, upfront = false }] }

[[pack]]
id = "hour"
bucket = "time"
credits = 60
price = "30.00 usd"
"#;
    let card = match scrip_catalog::Catalog::from_toml(file) {
        Ok(checked) => checked.catalog.rate_card(),
        Err(problems) => panic!("{problems:#?}"),
    };
    let plan = |plan: &scrip_catalog::rate_card::RatePlan| {
        format!("{}: {} = {}\n", plan.id, plan.grants.join(", "), plan.equivalents.join(", "))
    };
    let told: String = card.plans.iter().map(plan).chain(card.packs.iter().map(|pack| pack.text.clone())).collect();
    expect_test::expect![[r#"
        basic: 100 credits per month, 5 minutes per month = 25 images
        pro: 100 credits per month, 20 credits per month, 5 minutes per month = 60 images, 300 seconds of avatar
        yearly: 100 credits per month (paid by the year) = 25 images
        60 minutes for $30.00"#]]
    .assert_eq(&told);
}

#[test]
fn a_price_by_table_is_shown_as_a_table() {
    let checked = Catalog::from_toml(
        r#"
[studio]
name = "Tables"
[[plan]]
id = "plus"
name = "Plus"
by_contract = true
[[tool]]
id = "video"
name = "Video"
models = { standard = "Standard", pro = "Pro" }
inputs.resolution = { one_of = ["720p", "1080p"], default = "720p", label = "Resolution" }
inputs.seconds = { one_of = [5, 10] }
inputs.audio = { type = "boolean", default = false }
price.table = [
  { model = "standard", resolution = "720p", seconds = 5, credits = 10 },
  { model = "standard", seconds = 10, credits = 18 },
  { model = "pro", audio = true, price = { per = "second", credits = 9 } },
  { model = "pro", audio = false, plan = "plus", credits = 1 },
]
price.otherwise = 40
[[tool]]
id = "upscale"
name = "Upscale"
inputs.megapixels = { type = "decimal", max = 16 }
models.fast = { name = "Fast", price = 1 }
models.fine.name = "Fine"
models.fine.price = [
  { label = "base", credits = 2 },
  { label = "size", table = [{ megapixels = { up_to = 4 }, credits = 3 }, { megapixels = { above = 4 }, credits = 8 }] },
]
"#,
    );
    let catalog = checked.expect("a catalog").catalog;
    let mut text = String::new();
    for tool in catalog.rate_card().toolkits.iter().flat_map(|kit| &kit.tools) {
        text.push_str(&line(&tool_row(tool)));
        tool.tables.iter().for_each(|shown| table(&mut text, shown));
    }
    expect![[r#"
        | Video | - Standard - Pro | by table |
        # Video
        | Model | Resolution | seconds | audio | Plan | credits |
        | Standard | 720p | 5 | any | any | 10 credits |
        | Standard | any | 10 | any | any | 18 credits |
        | Pro | any | any | yes | any | 9 credits per second |
        | Pro | any | any | no | Plus | 1 credit |
        | other | other | other | other | other | 40 credits |
        | Upscale | - Fast - Fine | - 1 credit - 2 + by table |
        # Upscale: Fine: size
        | megapixels | credits |
        | up to 4 | 3 credits |
        | above 4 | 8 credits |
    "#]]
    .assert_eq(&text);
}

#[test]
fn one_free_unit_is_said_in_the_singular() {
    let said = |of: &str, input: &str, quantity: u32| {
        let text = format!(
            "[studio]\nname = \"Free\"\n[[bucket]]\nid = \"credits\"\n[[tool]]\nid = \"tool\"\n\
             inputs.{of} = \"{input}\"\nprice = {{ per = \"{of}\", credits = 1 }}\n\
             free_units = {{ of = \"{of}\", quantity = {quantity}, per = \"hour\" }}\n"
        );
        let catalog = scrip_catalog::Catalog::from_toml(&text).expect("sound").catalog;
        catalog.rate_card().toolkits[0].tools[0].allowances.join(", ")
    };
    assert_eq!(said("seconds", "duration", 60), "the first minute an hour is free");
    assert_eq!(said("seconds", "duration", 120), "the first 2 minutes an hour are free");
    assert_eq!(said("seconds", "duration", 1), "the first second an hour is free");
    assert_eq!(said("images", "integer", 1), "the first image an hour is free");
}

#[test]
fn a_plan_says_what_comes_by_the_day_once_however_it_is_billed() {
    let text = std::fs::read_to_string(root().join("vectors/breadth/grants/daily-within-a-month.toml")).unwrap();
    let catalog = Catalog::from_toml(&text).unwrap().catalog;
    let lines: Vec<String> = catalog.rate_card().plans.into_iter().flat_map(|plan| plan.grants).collect();
    expect![[r#"
        100 credits per month
        10 credits per day
        100 credits per month (paid by the year)"#]]
    .assert_eq(&lines.join("\n"));
    let policies = catalog.policies_in_force();
    let told = policies.iter().filter(|one| one.path.ends_with(".every"));
    let told: Vec<String> = told.map(|one| format!("{} = {}", one.path, one.value)).collect();
    expect![[r#"
        plan.starter.monthly.grants[1].every = day, by the calendar
        plan.starter.annual.grants[1].every = day, by the calendar"#]]
    .assert_eq(&told.join("\n"));
}
