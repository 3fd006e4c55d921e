//! Every price of the five products, over HTTP (vectors/prices.json).

use serde_json::{Value, json};

use crate::world::{Studio, World};

fn vectors() -> Value {
    let file = format!("{}/../../vectors/prices.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

const PRODUCTS: [&str; 5] = ["studiotwin", "neural-frames", "flow-studio", "ai-studios", "wzrd-studio"];

#[tokio::test]
async fn every_price_of_the_five_documents_is_quoted_and_every_wrong_request_refused() {
    let world = World::start().await;
    let vectors = vectors();
    let mut seen = (0, 0);
    for product in PRODUCTS {
        let studio = Studio::product(&world, product).await;
        let of_product = |row: &&Value| row["catalog"] == product;
        for row in vectors["prices"].as_array().unwrap().iter().filter(of_product) {
            let quote = studio.post("/v1/quotes").json(ask(row)).send().await;
            assert_eq!(quote.status, 201, "{row}: {}", quote.body);
            let quote = quote.body;
            match row.get("hold") {
                Some(hold) => {
                    assert_eq!(&quote["hold"], hold, "{row}");
                    assert_eq!(quote["lines"][0]["kind"], "ceiling", "{row}");
                }
                None => {
                    assert_eq!(quote["credits"], row["credits"], "{row}");
                    assert_eq!(quote["lines"][0]["kind"], "exact", "{row}");
                }
            }
            assert_eq!(quote["credits"], quote["hold"], "{row}");
            assert_explained(&quote, row);
            seen.0 += 1;
        }
        for row in vectors["refused"].as_array().unwrap().iter().filter(of_product) {
            let quote = studio.post("/v1/quotes").json(ask(row)).send().await;
            assert_eq!(quote.refused(), (422, row["code"].as_str().unwrap()), "{row}: {}", quote.body);
            seen.1 += 1;
        }
    }
    let count = |key: &str| vectors[key].as_array().unwrap().len();
    assert_eq!(seen, (count("prices"), count("refused")));
}

fn ask(row: &Value) -> Value {
    let mut ask = json!({"tool": row["tool"], "inputs": row["inputs"]});
    if let Some(model) = row.get("model") {
        ask["model"] = model.clone();
    }
    ask
}

/// The terms of a price sum to it.
fn assert_explained(quote: &Value, row: &Value) {
    let terms = quote["lines"][0]["explain"].as_array().unwrap();
    let micro = |value: &Value| -> i64 {
        let text = value.as_str().unwrap();
        let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        sign * format!("{whole}{fraction:0<6}").parse::<i64>().unwrap()
    };
    let sum: i64 = terms.iter().map(|term| micro(&term["credits"])).sum();
    assert_eq!(sum, micro(&quote["credits"]), "{row}: {terms:?}");
}
