//! Every catalog that the docs show is one that the check passes.

use scrip_catalog::Catalog;

/// The fenced blocks of a page that are written in TOML, with the line that each starts at.
fn blocks(page: &str) -> Vec<(usize, String)> {
    let mut blocks = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if line == "```toml" {
            let block: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
            blocks.push((number + 2, block.join("\n")));
        }
    }
    blocks
}

#[test]
fn every_catalog_on_the_page_about_prices_is_sound() {
    let page = include_str!("../../../../docs/semantics/prices.md");
    let blocks = blocks(page);
    assert!(blocks.len() >= 7, "the page shows catalogs");
    for (line, block) in blocks {
        if let Err(diagnostics) = Catalog::from_toml(&block) {
            panic!("docs/semantics/prices.md, block at line {line}: {diagnostics:#?}");
        }
    }
}
