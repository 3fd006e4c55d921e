//! Every catalog that the docs show is one that the check passes.

use scrip_catalog::{Catalog, Diagnostic};

/// A fenced block of a page.
struct Block {
    line: usize,
    language: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(language) = line.strip_prefix("```") else { continue };
        let text: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
        blocks.push(Block { line: number + 2, language: language.to_owned(), text: text.join("\n") });
    }
    blocks
}

/// The catalog of a block; one that does not say whose it is gets a name.
fn catalog(page: &str, block: &Block) -> Catalog {
    let has_studio = block.text.contains("[studio]");
    let text = if has_studio { block.text.clone() } else { format!("studio.name = \"Example\"\n{}", block.text) };
    match Catalog::from_toml(&text) {
        Ok(checked) if checked.warnings.is_empty() => checked.catalog,
        Ok(checked) => panic!("{}", told(page, block, &checked.warnings)),
        Err(problems) => panic!("{}", told(page, block, &problems)),
    }
}

fn told(page: &str, block: &Block, problems: &[Diagnostic]) -> String {
    let lines: Vec<String> = problems.iter().map(|problem| format!("\n  {problem}")).collect();
    format!("{page}, block at line {}:{}", block.line, lines.concat())
}

#[test]
fn every_catalog_on_the_page_about_prices_is_sound() {
    let blocks = blocks(include_str!("../../../../docs/semantics/prices.md"));
    assert!(blocks.len() >= 7, "the page shows catalogs");
    for block in blocks.iter().filter(|block| block.language == "toml") {
        catalog("docs/semantics/prices.md", block);
    }
}

#[test]
fn every_catalog_and_contract_on_the_page_that_teaches_the_language_is_sound() {
    let page = "docs/catalog.md";
    let mut last = None;
    let mut found = (0, 0);
    for block in blocks(include_str!("../../../../docs/catalog.md")) {
        match block.language.as_str() {
            "toml" => {
                last = Some(catalog(page, &block));
                found.0 += 1;
            }
            // What a customer's overrides say, of the catalog above it.
            "json" => {
                let above = last.as_ref().expect("a catalog before it");
                above.contracts(&block.text).unwrap_or_else(|problems| panic!("{}", told(page, &block, &problems)));
                found.1 += 1;
            }
            other => panic!("{page}, line {}: nobody checks {other:?}", block.line),
        }
    }
    assert!(found.0 >= 18 && found.1 == 1, "{found:?} catalogs and contracts");
}

/// The pieces of the table that says how a sentence of a help page is written.
#[test]
fn every_line_that_stands_for_a_sentence_is_one_that_a_catalog_can_say() {
    let page = include_str!("../../../../docs/catalog.md");
    let pieces: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" | `"))
        .filter_map(|(_, said)| said.strip_suffix("` |"))
        .collect();
    assert_eq!(pieces.len(), 13, "{pieces:?}");
    for piece in pieces {
        let tool = "[[tool]]\nid = \"t\"\n";
        let inputs = "inputs = { images = \"integer\", seconds = \"duration\", characters = \"integer\" }\n";
        let grant = format!("monthly.grants = [{{ bucket = \"monthly\", credits = 100, {piece} }}]");
        let around = match piece.split(' ').next() {
            Some("price") => format!("{tool}{inputs}{piece}"),
            Some("adjust") => format!("{tool}inputs.hd = \"boolean\"\nprice.credits = 1\nprice.{piece}"),
            Some("monthly") => format!("[[plan]]\nid = \"p\"\n{piece}"),
            Some("rollover") => format!("[[plan]]\nid = \"p\"\n{grant}"),
            Some("expires" | "at_most") => format!("[[bucket]]\nid = \"other\"\n{piece}"),
            Some("outcomes") => format!("[policies]\n{piece}"),
            _ => panic!("nobody knows where this belongs: {piece}"),
        };
        let file = format!("studio.name = \"Example\"\n[[bucket]]\nid = \"monthly\"\n{around}\n");
        if let Err(problems) = Catalog::from_toml(&file) {
            panic!("{file}\n{problems:#?}");
        }
    }
}
