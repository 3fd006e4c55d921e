//! Any bytes as a catalog: they are refused or make a catalog that answers everything without a panic.

use scrip_ledger::Credits;

use crate::catalog::Catalog;
use crate::quote::{Ask, InputValue};

/// Reads bytes as TOML and as JSON, and uses every part of a catalog that comes out.
///
/// Panics if a promise does not hold: an explained price that does not sum to the price, or a balance that
/// does not pay for what it is said to buy.
#[doc(hidden)]
pub fn fuzz_catalog(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for catalog in [Catalog::from_toml(&text), Catalog::from_json(&text)] {
        match catalog {
            Ok(checked) => use_catalog(&checked.catalog),
            Err(problems) => assert!(!problems.is_empty(), "a refusal says why"),
        }
    }
}

fn use_catalog(catalog: &Catalog) {
    let _ = (catalog.to_json(), catalog.rate_card(), catalog.policies_in_force());
    assert!(catalog.diff(catalog).is_empty(), "a catalog does not differ from itself");
    let balance = Credits::from_micro(1_234_567_890);
    for tool in catalog.tools() {
        let models = tool.models.iter().map(|model| Some(model.id.as_str())).chain([None]);
        for model in models {
            for number in ["1", "7.5", "9000000000000"] {
                let given: Vec<(&str, InputValue<'_>)> =
                    tool.inputs.iter().map(|input| (input.name.as_str(), InputValue::Text(number))).collect();
                try_price(catalog, &Ask::new(&tool.id, model, &given));
            }
            try_price(catalog, &Ask::new(&tool.id, model, &[]));
        }
    }
    catalog.affordability(|_| balance, None);
}

fn try_price(catalog: &Catalog, ask: &Ask<'_>) {
    let Ok(priced) = catalog.price(ask) else { return };
    assert!(Credits::ZERO <= priced.credits, "a price is not negative");
    let sum: i128 = catalog.explain(&priced).iter().map(|term| i128::from(term.credits.micro())).sum();
    assert_eq!(sum, i128::from(priced.credits.micro()), "the terms of a price sum to it");
    catalog.options(ask, None, Credits::from_micro(500_000), priced.hold, None);
}
