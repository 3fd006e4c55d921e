//! What no document has: kinds of prices, whose examples are recomputed when a catalog is read, and kinds of
//! grants, cycles, teams, limits and refunds, whose stories are played elsewhere.

use std::path::PathBuf;

use scrip_catalog::Catalog;

use crate::prices::root;

/// The catalogs of a topic, in the order of their names.
fn catalogs(topic: &str) -> Vec<PathBuf> {
    let folder = root().join("vectors/breadth").join(topic);
    let files = std::fs::read_dir(&folder).expect("a topic").map(|entry| entry.expect("entry").path());
    let mut files: Vec<PathBuf> = files.filter(|file| file.extension().is_some_and(|end| end == "toml")).collect();
    files.sort();
    files
}

#[test]
fn every_kind_of_price_is_said_by_a_file_alone() {
    let files = catalogs("prices");
    assert!(15 <= files.len(), "{files:?}");
    let mut wrong = Vec::new();
    for file in files {
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).expect("text");
        let examples = text.matches("credits = ").count();
        assert!(3 <= examples, "{name} has too few examples");
        match Catalog::from_toml(&text) {
            Ok(checked) => {
                wrong.extend(checked.warnings.iter().map(|warning| format!("{name}:{warning}")));
                let tools = checked.catalog.tools().len();
                let card: usize = checked.catalog.rate_card().toolkits.iter().map(|kit| kit.tools.len()).sum();
                assert_eq!(card, tools, "{name}: the rate card shows every tool");
            }
            Err(problems) => wrong.extend(problems.iter().map(|problem| format!("{name}:{problem}"))),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The items of MISSION section 8, each with its folder, and how many catalogs it has at least.
const TOPICS: [(&str, usize); 9] = [
    ("cycles", 7),
    ("display", 1),
    ("grants", 16),
    ("limits", 4),
    ("order", 5),
    ("payments", 9),
    ("prices", 15),
    ("refunds", 3),
    ("teams", 6),
];

#[test]
fn every_invented_product_is_a_sound_catalog_that_begins_with_its_own_words() {
    let mut wrong = Vec::new();
    for (topic, least) in TOPICS {
        let files = catalogs(topic);
        assert!(least <= files.len(), "{topic} has {} catalogs", files.len());
        for file in files {
            let text = std::fs::read_to_string(&file).expect("text");
            let name = file.display();
            assert!(text.starts_with("# "), "{name} does not say what it shows");
            match Catalog::from_toml(&text) {
                Ok(checked) => wrong.extend(checked.warnings.iter().map(|warning| format!("{name}:{warning}"))),
                Err(problems) => wrong.extend(problems.iter().map(|problem| format!("{name}:{problem}"))),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
