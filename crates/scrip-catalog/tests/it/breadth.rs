//! Kinds of prices that no document has: each a small catalog whose examples are recomputed when it is read.

use scrip_catalog::Catalog;

use crate::prices::root;

#[test]
fn every_kind_of_price_is_said_by_a_file_alone() {
    let folder = root().join("vectors/breadth/prices");
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).expect("breadth").map(|entry| entry.expect("entry").path()).collect();
    files.sort();
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
