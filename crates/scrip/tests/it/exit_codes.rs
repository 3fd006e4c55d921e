//! The table of `docs/cli.md`, one command a code and more.

use crate::program::{root, run};

#[test]
fn commands_end_as_the_page_says() {
    for (arguments, code) in [
        ("check catalogs/studiotwin.toml", 0),
        ("quote catalogs/studiotwin.toml motion-edit", 0),
        ("--version", 0),
        ("--help", 0),
        ("help import", 0),
        ("check Cargo.toml", 1),
        ("quote catalogs/studiotwin.toml nothing", 1),
        ("quote Cargo.toml nothing", 1),
        ("check", 2),
        ("nothing", 2),
        ("quote catalogs/studiotwin.toml", 2),
        ("quote catalogs/studiotwin.toml motion-edit --quantity 0", 2),
        ("quote catalogs/studiotwin.toml motion-edit --quantity many", 2),
        ("quote catalogs/studiotwin.toml motion-edit --batch jobs", 2),
        ("serve --listen nowhere", 2),
        ("serve --log loud", 2),
        ("import file.csv --url http://127.0.0.1:1", 2),
        ("completions tcsh", 2),
        ("check no-such-file.toml", 3),
        ("check crates", 3),
        ("quote no-such-file.toml motion-edit", 3),
        ("quote catalogs/studiotwin.toml --batch no-such-file", 3),
        ("audit no-such-folder", 3),
        ("rebuild no-such-folder", 3),
        ("export no-such-folder grants", 3),
        ("backup no-such-folder no-such-copy", 3),
    ] {
        let args: Vec<&str> = arguments.split(' ').collect();
        let ran = run(&args);
        assert_eq!(ran.code, code, "scrip {arguments}\n{}{}", ran.out, ran.err);
        assert!(!(ran.err.is_empty() && ran.out.is_empty()), "scrip {arguments} says nothing");
    }
    // In use (4) and not allowed (5) need a server: see `serve` and `import`.
}

#[test]
fn the_page_lists_every_code() {
    let page = std::fs::read_to_string(root().join("docs/cli.md")).expect("the page");
    for code in 0..=5 {
        assert!(page.contains(&format!("\n| {code} | ")), "no {code}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let scrip = env!("CARGO_BIN_EXE_scrip");
    let line = format!("set -o pipefail; '{scrip}' check catalogs/wzrd-studio.toml --explain | head -1");
    let output = std::process::Command::new("bash").args(["-c", &line]).current_dir(root()).output().expect("bash");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}
