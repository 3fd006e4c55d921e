//! What the API shows of a catalog, what a new one changes, and which policies are in force.

use expect_test::expect;
use scrip_catalog::Catalog;

use crate::prices::{catalog, root};

const ALL: [&str; 5] = ["studiotwin", "neural-frames", "flow-studio", "ai-studios", "wzrd-studio"];

fn edited(name: &str, from: &str, to: &str) -> Catalog {
    let text = std::fs::read_to_string(root().join(format!("catalogs/{name}.toml"))).expect(name);
    assert!(text.contains(from), "{from}");
    Catalog::from_toml(&text.replace(from, to)).expect("a catalog").catalog
}

#[test]
fn the_api_shows_ids_models_inputs_and_terms() {
    for name in ALL {
        let json = catalog(name).to_json();
        for (key, fields) in [
            ("buckets", &["id", "name", "expires"][..]),
            ("tools", &["id", "models", "inputs", "name"]),
            ("plans", &["id", "terms"]),
        ] {
            let parts = json[key].as_array().expect(key);
            assert!(!parts.is_empty(), "{name}: {key}");
            for part in parts {
                assert!(fields.iter().all(|field| part.get(field).is_some()), "{name}: {part}");
            }
        }
        assert!(
            json["add_ons"].is_array() && json["packs"].is_array() && json["studio"]["credit"]["decimals"].is_u64()
        );
    }
    let tool = &catalog("studiotwin").to_json()["tools"][11];
    expect![[r#"
        {
          "currency": "credits",
          "default_model": "eleven_text_to_sound_v2",
          "hold_ttl": "PT15M",
          "id": "text-to-sound-effect",
          "inputs": [
            {
              "max": "30",
              "measured": true,
              "name": "seconds",
              "priced": true,
              "required": false,
              "step": "1",
              "type": "duration",
              "unit": "seconds"
            }
          ],
          "models": [
            {
              "default": true,
              "id": "eleven_text_to_sound_v2",
              "name": "eleven_text_to_sound_v2 (ElevenLabs)",
              "price": {
                "formula": "round(max(seconds, 5) * 0.6)",
                "text": "round(max(seconds, 5) * 0.6)"
              }
            }
          ],
          "name": "Text to Sound Effect",
          "policy": {
            "late_capture": "refuse",
            "outcomes": {
              "canceled": "nothing",
              "failed": "nothing",
              "moderated": "nothing",
              "partial": "delivered",
              "timed_out": "nothing"
            },
            "over_capture": "cap",
            "released_after_expiry": "expire",
            "short_balance": "refuse",
            "unknown_ttl": "P1D"
          },
          "price": {
            "formula": "round(max(seconds, 5) * 0.6)",
            "text": "round(max(seconds, 5) * 0.6)"
          },
          "toolkit": "Audio Toolkit",
          "unknown_model": "refuse"
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(tool).expect("JSON"));
}

#[test]
fn a_difference_says_what_changed_and_nothing_else() {
    let old = catalog("wzrd-studio");
    assert!(old.diff(&old).is_empty());
    let new = edited("wzrd-studio", r#"name = "FLUX Dev", price = 5"#, r#"name = "FLUX Dev", price = 6"#);
    let changes: Vec<String> = new
        .diff(&old)
        .into_iter()
        .map(|change| {
            format!(
                "{:?} {}: {} -> {}",
                change.kind,
                change.path,
                change.old.unwrap_or_default(),
                change.new.unwrap_or_default()
            )
        })
        .collect();
    expect![[r#"
        Changed tools.image.models.fal-ai/flux/dev.price.credits: "5" -> "6"
        Changed tools.image.models.fal-ai/flux/dev.price.text: "5 credits" -> "6 credits"
        Changed tools.shot-image.models.fal-ai/flux/dev.price.credits: "5" -> "6"
        Changed tools.shot-image.models.fal-ai/flux/dev.price.text: "5 credits" -> "6 credits""#]]
    .assert_eq(&changes.join("\n"));
}

#[test]
fn a_difference_of_terms_names_the_bucket_that_is_granted_into() {
    let new = edited("ai-studios", "credits = 60 }] }", "credits = 80, renewal = \"add\" }] }");
    let changes = new.diff(&catalog("ai-studios")).into_iter();
    let lines =
        changes.map(|change| format!("{:?} {} -> {}", change.kind, change.path, change.new.unwrap_or_default()));
    expect![[r#"
        Changed plans.personal.terms.month.grants.base.credits -> "80"
        Added plans.personal.terms.month.grants.base.expires -> "never"
        Changed plans.personal.terms.month.grants.base.renewal -> "add""#]]
    .assert_eq(&lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn ids_that_are_gone_are_named_and_retired_ones_are_not() {
    let old = catalog("wzrd-studio");
    let pack = "[[pack]]\nid = \"pack_550\"\nname = \"550 credits\"\nbucket = \"top_up\"\ncredits = 550\nprice = \"50.00 usd\"\n";
    let removed = edited("wzrd-studio", pack, "").removed_ids(&old);
    assert_eq!(removed.packs.iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["pack_550"]);
    assert!(!removed.is_empty());
    let retired = edited("wzrd-studio", pack, &pack.replace("credits = 550", "credits = 550\nretired = true"));
    assert!(retired.removed_ids(&old).is_empty());
    let plan = edited("flow-studio", "id = \"lite\"", "id = \"light\"").removed_ids(&catalog("flow-studio"));
    assert_eq!(plan.plans.iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["lite"]);
}

#[test]
fn every_reading_of_the_open_questions_is_a_visible_setting() {
    let mut ids = std::collections::BTreeSet::new();
    for name in ALL {
        for policy in catalog(name).policies_in_force() {
            assert!(!policy.path.is_empty() && !policy.value.is_empty() && !policy.meaning.is_empty(), "{policy:?}");
            ids.insert(policy.id);
        }
    }
    let all: std::collections::BTreeSet<String> = (1..=43).map(|number| format!("A{number:02}")).collect();
    let missing: Vec<&String> = all.iter().filter(|id| !ids.contains(id.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// A file that is made from the code; `SCRIP_UPDATE=1` makes it anew.
fn assert_made(path: &str, made: &str) {
    let file = root().join(path);
    if std::env::var_os("SCRIP_UPDATE").is_some() {
        std::fs::write(&file, made).expect(path);
    }
    let kept = std::fs::read_to_string(&file).expect(path);
    assert!(kept == made, "{path} is not what the format says; run with SCRIP_UPDATE=1");
}

#[test]
fn the_schema_beside_the_catalogs_is_the_one_that_is_checked() {
    let made = serde_json::to_string_pretty(&scrip_catalog::schema()).expect("JSON") + "\n";
    assert_made("catalogs/catalog.schema.json", &made);
}

#[test]
fn the_reference_page_is_the_one_that_is_checked() {
    assert_made("docs/catalog-reference.md", &scrip_catalog::reference());
}

#[test]
fn the_same_catalog_as_json_is_the_same_catalog() {
    for name in ALL {
        let text = std::fs::read_to_string(root().join(format!("catalogs/{name}.toml"))).expect(name);
        let json = scrip_catalog::toml_as_json(&text).expect("TOML");
        let read = Catalog::from_json(&json).expect("a catalog");
        assert!(read.warnings.is_empty());
        assert_eq!(read.catalog.to_json(), catalog(name).to_json(), "{name}");
        assert_eq!(read.catalog.rate_card(), catalog(name).rate_card(), "{name}");
    }
}
