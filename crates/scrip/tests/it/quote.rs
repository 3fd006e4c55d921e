//! `scrip quote` prices every vector of the five products, one process a catalog.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::program::{root, run, run_with_input};

fn vectors(list: &str) -> BTreeMap<String, Vec<Value>> {
    let text = std::fs::read_to_string(root().join("vectors/prices.json")).expect("the vectors are there");
    let all: Value = serde_json::from_str(&text).expect("the vectors are JSON");
    let mut by_catalog: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for vector in all[list].as_array().expect("a list") {
        by_catalog.entry(vector["catalog"].as_str().expect("a name").to_owned()).or_default().push(vector.clone());
    }
    by_catalog
}

fn price_all(catalog: &str, vectors: &[Value]) -> (i32, Vec<Value>) {
    let jobs: String = vectors
        .iter()
        .map(|vector| {
            let job = json!({ "tool": vector["tool"], "model": vector["model"], "inputs": vector["inputs"] });
            format!("{job}\n")
        })
        .collect();
    let ran = run_with_input(&["quote", &format!("catalogs/{catalog}.toml"), "--batch", "-"], jobs.as_bytes());
    let answers: Vec<Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect();
    assert_eq!(answers.len(), vectors.len(), "{catalog}: {}", ran.err);
    (ran.code, answers)
}

#[test]
fn every_price_of_the_vectors_is_quoted() {
    let mut wrong = Vec::new();
    for (catalog, vectors) in vectors("prices") {
        let (code, answers) = price_all(&catalog, &vectors);
        assert_eq!(code, 0, "{catalog}");
        for (vector, answer) in vectors.iter().zip(answers) {
            let expected = if vector["credits"].is_null() { &vector["hold"] } else { &vector["credits"] };
            let kind = if vector["credits"].is_null() { "ceiling" } else { "exact" };
            let explained = answer["explain"].as_array().is_some_and(|terms| !terms.is_empty() || *expected == "0");
            let right = answer["credits"] == *expected && answer["hold"] == *expected && answer["kind"] == kind;
            if !right || !explained {
                wrong.push(format!("{vector}\n  answered {answer}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_refusal_of_the_vectors_is_refused_with_its_code() {
    let mut wrong = Vec::new();
    for (catalog, vectors) in vectors("refused") {
        let (code, answers) = price_all(&catalog, &vectors);
        assert_eq!(code, 1, "{catalog}");
        for (vector, answer) in vectors.iter().zip(answers) {
            if answer["code"] != vector["code"] {
                wrong.push(format!("{vector}\n  answered {answer}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check(arguments: &str, code: i32, out: Expect, err: Expect) {
    let mut args = vec!["quote"];
    args.extend(arguments.split(' '));
    let ran = run(&args);
    out.assert_eq(&ran.out);
    err.assert_eq(&ran.err);
    assert_eq!(ran.code, code, "{arguments}");
}

#[test]
fn a_quote_explains_itself_term_by_term() {
    check(
        "catalogs/studiotwin.toml text-to-material -i width=512 -i height=512 -i upscale=2",
        0,
        expect![[r#"
            text-to-material with patina: 6 credits
              width = 512
              height = 512
              upscale = 2

              base       2
              size     2.5
              upscale  1.5
              total      6
        "#]],
        expect![""],
    );
}

#[test]
fn a_quote_of_an_open_duration_says_that_it_is_the_most() {
    check(
        "catalogs/studiotwin.toml text-to-sound-effect",
        0,
        expect![[r#"
        text-to-sound-effect with eleven_text_to_sound_v2: at most 18 credits
          seconds is left open: held at the most, charged as measured

          max(seconds, 5) * 0.6  18
          total                  18
    "#]],
        expect![""],
    );
}

#[test]
fn a_quote_of_several_jobs_rounds_each_alone() {
    check(
        "catalogs/studiotwin.toml text-to-sound-effect -i seconds=7.5 --quantity 3",
        0,
        expect![[r#"
        3 × text-to-sound-effect with eleven_text_to_sound_v2: 15 credits
          seconds = 7.5

          max(seconds, 5) * 0.6  13.5
          rounding                1.5
          total                    15
    "#]],
        expect![""],
    );
}

#[test]
fn the_credit_is_called_by_its_own_name() {
    check(
        "catalogs/neural-frames.toml frame-by-frame-image -i images=5",
        0,
        expect![[r#"
        frame-by-frame-image: 0.2 acorns
          images = 5

          images  0.2
          total   0.2
    "#]],
        expect![""],
    );
}

#[test]
fn a_quote_as_json_has_the_fields_of_the_api() {
    check(
        "catalogs/studiotwin.toml text-to-motion --model kimodo -i actions=3 --json",
        0,
        expect![[r#"
        {
          "tool": "text-to-motion",
          "model": "kimodo",
          "quantity": 1,
          "inputs": {
            "actions": "3"
          },
          "kind": "exact",
          "credits": "15",
          "hold": "15",
          "each": "15",
          "currency": "credits",
          "unmeasured": [],
          "explain": [
            {
              "label": "actions",
              "credits": "15"
            }
          ]
        }
    "#]],
        expect![""],
    );
}

#[test]
fn refusals_say_what_is_wrong_and_what_is_allowed() {
    for (arguments, code, err) in [
        (
            "catalogs/studiotwin.toml text-to-materiel",
            1,
            expect![[r#"
            scrip: unknown_tool: there is no tool "text-to-materiel"; did you mean "text-to-material"?
        "#]],
        ),
        (
            "catalogs/studiotwin.toml image-to-3d-mesh --model kimodo",
            1,
            expect![[r#"
            scrip: unknown_model: tool "image-to-3d-mesh" does not offer model "kimodo"; offered: hunyuan-3d-v2-1, tripo3d-p1, tripo3d-v3
        "#]],
        ),
        (
            "catalogs/studiotwin.toml image-to-3d-mesh",
            1,
            expect![[r#"
            scrip: invalid_input: input "model" is missing: tool "image-to-3d-mesh" has several models and no default; allowed: hunyuan-3d-v2-1, tripo3d-p1, tripo3d-v3
        "#]],
        ),
        (
            "catalogs/studiotwin.toml text-to-material -i width=512 -i height=512 -i upscale=3",
            1,
            expect![[r#"
            scrip: invalid_input: input "upscale" can't be 3; allowed: 1, 2, 4
        "#]],
        ),
        (
            "catalogs/studiotwin.toml text-to-material -i width=512 -i height=5e2",
            1,
            expect![[r#"
            scrip: invalid_input: input "height" must be plain digits, not "5e2"; allowed: an integer, more than 0, at most 16384
        "#]],
        ),
        (
            "catalogs/studiotwin.toml text-to-motion --model kimodo -i actions=NaN",
            1,
            expect![[r#"
            scrip: invalid_input: input "actions" must be plain digits, not "NaN"; allowed: an integer, more than 0, at most 1000
        "#]],
        ),
        (
            "catalogs/studiotwin.toml motion-edit -i color=red",
            1,
            expect![[r#"
            scrip: invalid_input: input "color" is not an input of tool "motion-edit"; allowed: no inputs
        "#]],
        ),
        (
            "catalogs/studiotwin.toml motion-edit -i color=red -i color=blue",
            2,
            expect![[r#"
            scrip: --input "color" is given twice
        "#]],
        ),
        (
            "catalogs/studiotwin.toml motion-edit -i color",
            2,
            expect![[r#"
            scrip: --input "color" is not of the form NAME=VALUE
        "#]],
        ),
        (
            "no-such.toml motion-edit",
            3,
            expect![[r#"
            scrip: cannot read no-such.toml: No such file or directory (os error 2)
        "#]],
        ),
    ] {
        check(arguments, code, expect![""], err);
    }
}

#[test]
fn a_refusal_as_json_has_its_code() {
    check(
        "catalogs/studiotwin.toml text-to-sound-effect -i seconds=31 --json",
        1,
        expect![[r#"
        {
          "code": "invalid_input",
          "detail": "input \"seconds\" must be at most 30, not 31; allowed: seconds as a decimal number, more than 0, at most 30",
          "input": "seconds"
        }
    "#]],
        expect![""],
    );
}

#[test]
fn numbers_keep_their_digits_and_broken_lines_do_not_stop_the_others() {
    let jobs = concat!(
        "{\"tool\":\"text-to-sound-effect\",\"inputs\":{\"seconds\":7.5}}\n",
        "\n",
        "{\"tool\":\"text-to-sound-effect\",\"inputs\":{\"seconds\":1e1}}\n",
        "{\"tool\":\"text-to-sound-effect\",\"inputs\":{\"seconds\":[7]}}\n",
        "{\"tool\":\"text-to-sound-effect\",\"inputs\":{\"seconds\":null}}\n",
        "not JSON\n",
        "{\"tool\":\"motion-edit\",\"colour\":1}\n",
        "{\"tool\":\"motion-edit\",\"quantity\":0}\n",
        "{\"tool\":\"motion-edit\",\"quantity\":99999999999999999999}\n",
        "{\"tool\":\"motion-edit\",\"quantity\":18446744073709551615}\n",
        "{\"tool\":\"motion-edit\"}",
    );
    let ran = run_with_input(&["quote", "catalogs/studiotwin.toml", "--batch", "-"], jobs.as_bytes());
    let said: String = ran
        .out
        .lines()
        .map(|line| {
            let answer: Value = serde_json::from_str(line).expect("JSON");
            match answer["credits"].as_str() {
                Some(credits) => format!("{credits}\n"),
                None => format!("{}: {}\n", answer["code"].as_str().expect("a code"), answer["detail"]),
            }
        })
        .collect();
    expect![[r#"
        5
        invalid_input: "input \"seconds\" must be plain digits, not \"1e1\"; allowed: seconds as a decimal number, more than 0, at most 30"
        invalid_input: "input \"seconds\" can't be a list; allowed: seconds as a decimal number, more than 0, at most 30"
        invalid_input: "input \"seconds\" can't be null; allowed: seconds as a decimal number, more than 0, at most 30"
        invalid_json: "expected ident at line 1 column 2"
        invalid_json: "unknown field `colour`, expected one of `tool`, `model`, `inputs`, `quantity` at line 1 column 30"
        invalid_input: "input \"quantity\" can't be 0; allowed: an integer from 1 to 1000000"
        invalid_json: "invalid type: floating point `1e+20`, expected u64 at line 1 column 53"
        invalid_input: "input \"quantity\" can't be 18446744073709551615; allowed: an integer from 1 to 1000000"
        5
    "#]].assert_eq(&said);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
}

#[test]
fn a_wrong_catalog_is_shown_like_the_check_shows_it() {
    let ran = run_with_input(&["quote", "-", "motion-edit"], b"[studio]\nnme = \"x\"\n");
    expect![[r#"
        scrip: <stdin> is not a catalog
        error: the studio has no key `nme`
         --> <stdin>:2:1
          |
        2 | nme = "x"
          | ^^^ studio.nme
          |
          = help: did you mean `name`?
    "#]]
    .assert_eq(&ran.err);
    assert_eq!(ran.code, 1);
}
