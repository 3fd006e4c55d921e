//! Every published price, as data: `vectors/prices.json`.

use scrip_catalog::{Ask, Catalog, InputValue, PriceKind};
use serde_json::Value;

pub fn root() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub fn catalog(name: &str) -> Catalog {
    let text = std::fs::read_to_string(root().join(format!("catalogs/{name}.toml"))).expect(name);
    match Catalog::from_toml(&text) {
        Ok(checked) => {
            let warnings: Vec<String> = checked.warnings.iter().map(ToString::to_string).collect();
            assert!(warnings.is_empty(), "{name}: {warnings:#?}");
            checked.catalog
        }
        Err(problems) => {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            panic!("{name}: {problems:#?}");
        }
    }
}

/// The inputs of a vector as a server would hand them in: numbers by their source text.
pub fn inputs(value: &Value) -> Vec<(String, String)> {
    let object = value.as_object().expect("inputs are an object");
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    object.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

pub fn borrowed(inputs: &[(String, String)]) -> Vec<(&str, InputValue<'_>)> {
    inputs.iter().map(|(name, text)| (name.as_str(), InputValue::Text(text))).collect()
}

#[test]
fn every_published_price_is_what_the_catalogs_say() {
    let text = std::fs::read_to_string(root().join("vectors/prices.json")).expect("vectors");
    let vectors: Value = serde_json::from_str(&text).expect("vectors are JSON");
    let mut wrong = Vec::new();
    let prices = vectors["prices"].as_array().expect("prices");
    assert!(200 < prices.len() + vectors["refused"].as_array().expect("refused").len());
    for vector in prices {
        let catalog = catalog(vector["catalog"].as_str().expect("catalog"));
        let inputs = inputs(&vector["inputs"]);
        let given = borrowed(&inputs);
        let ask = Ask::new(vector["tool"].as_str().expect("tool"), vector["model"].as_str(), &given);
        match catalog.price(&ask) {
            Err(error) => wrong.push(format!("{vector}: {error}")),
            Ok(priced) => {
                let hold = vector["hold"].as_str().or(vector["credits"].as_str());
                let kind = if vector["credits"].is_null() { PriceKind::Ceiling } else { PriceKind::Exact };
                if Some(priced.hold.to_string().as_str()) != hold || priced.kind != kind {
                    wrong.push(format!("{vector}: {}", priced.hold));
                }
                let sum: scrip_ledger::Credits = catalog.explain(&priced).into_iter().map(|term| term.credits).sum();
                if sum != priced.credits {
                    wrong.push(format!("{vector}: explained as {sum}: {:?}", catalog.explain(&priced)));
                }
            }
        }
    }
    for vector in vectors["refused"].as_array().expect("refused") {
        let catalog = catalog(vector["catalog"].as_str().expect("catalog"));
        let inputs = inputs(&vector["inputs"]);
        let given = borrowed(&inputs);
        let ask = Ask::new(vector["tool"].as_str().expect("tool"), vector["model"].as_str(), &given);
        let code = catalog.price(&ask).err().map(|error| error.code());
        if code != vector["code"].as_str() {
            wrong.push(format!("{vector}: {code:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_last_step_costs_the_same_when_its_model_is_missing() {
    let text = std::fs::read_to_string(root().join("catalogs/wzrd-studio.toml")).expect("a catalog");
    let model = "models.\"fal-ai/ffmpeg-api/compose\" = { name = \"FFmpeg Compose\", price = 12 }\n";
    assert!(text.contains(model));
    let catalog = Catalog::from_toml(&text.replace(model, "")).expect("a catalog").catalog;
    let priced = catalog.price(&Ask::new("directors-cut", None, &[])).expect("a price");
    assert_eq!((priced.credits.to_string().as_str(), priced.model), ("12", None));
}

#[test]
fn a_catalog_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Catalog>();
}

#[test]
fn several_of_a_job_are_priced_and_rounded_one_by_one() {
    let catalog = catalog("studiotwin");
    let inputs = [("width", InputValue::Text("512")), ("height", InputValue::Text("512"))];
    let ask = |quantity| Ask { tool: "text-to-material", model: None, inputs: &inputs, quantity };
    let priced = catalog.price(&ask(3)).expect("a price");
    assert_eq!((priced.each.to_string(), priced.credits.to_string()), ("5".to_owned(), "15".to_owned()));
    let terms: Vec<String> =
        catalog.explain(&priced).into_iter().map(|term| format!("{} {}", term.label, term.credits)).collect();
    assert_eq!(terms, ["base 6", "size 7.5", "rounding 1.5"]);
    for quantity in [0, scrip_catalog::QUANTITY_MAX + 1] {
        assert_eq!(catalog.price(&ask(quantity)).expect_err("a refusal").input(), Some("quantity"));
    }
}

#[test]
fn a_price_that_may_not_be_rounded_is_refused_as_too_fine() {
    let file = r#"
        studio = { name = "Exact", credit = { decimals = 1, rounding = "exact" } }
        [[tool]]
        id = "transcript"
        inputs.seconds = "duration"
        price = { per = "hour", credits = 36, rounding = "none" }
        examples = [{ seconds = 10, credits = "0.1" }]
    "#;
    let catalog = Catalog::from_toml(file).expect("a sound catalog").catalog;
    let given = [("seconds", InputValue::Text("11"))];
    let refused = catalog.price(&Ask::new("transcript", None, &given)).expect_err("0.11 credits");
    assert_eq!(
        refused.to_string(),
        "the price of tool \"transcript\" is finer than the credit, and the catalog rounds nothing"
    );
}
