//! Rate cards of the five products: what their help pages say, computed by the same pricing as a quote.

use serde_json::{Value, json};

use crate::world::{Studio, World};

const PRODUCTS: [&str; 5] = ["studiotwin", "neural-frames", "flow-studio", "ai-studios", "wzrd-studio"];

/// All tables of a card with this title.
fn tables<'c>(card: &'c Value, title: &str) -> Vec<&'c Value> {
    let of_tools = card["toolkits"].as_array().unwrap().iter().flat_map(|toolkit| toolkit["tools"].as_array().unwrap());
    let of_tools = of_tools.flat_map(|tool| tool["tables"].as_array().into_iter().flatten());
    let all = of_tools.chain(card["tables"].as_array().into_iter().flatten());
    all.filter(|table| table["title"].as_str().is_some_and(|name| name.contains(title))).collect()
}

fn rows(table: &Value) -> Vec<Vec<&str>> {
    table["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_array().unwrap().iter().map(|cell| cell.as_str().unwrap()).collect())
        .collect()
}

fn tool<'c>(card: &'c Value, id: &str) -> &'c Value {
    let mut tools =
        card["toolkits"].as_array().unwrap().iter().flat_map(|toolkit| toolkit["tools"].as_array().unwrap());
    tools.find(|tool| tool["id"] == id).unwrap_or_else(|| panic!("{id} is on the card"))
}

async fn card(world: &World, product: &str) -> Value {
    let studio = Studio::product(world, product).await;
    studio.get(&format!("/v1/rate-card?studio={product}")).nobody().send().await.ok()
}

/// MISSION S0-17 to S0-23.
#[tokio::test]
async fn materials_are_shown_as_tables_of_size_by_upscale() {
    let world = World::start().await;
    let card = card(&world, "studiotwin").await;
    for (title, base, expected) in [
        ("Text to Material", 2, [["5", "6", "8"], ["12", "18", "24"], ["42", "66", "90"]]),
        ("Image to Material", 13, [["16", "17", "19"], ["23", "29", "35"], ["53", "77", "101"]]),
    ] {
        let found = tables(&card, title);
        assert_eq!(found.len(), 1, "{title}");
        let numbers: Vec<Vec<String>> = rows(found[0])
            .iter()
            .map(|row| row[1..].iter().map(|cell| cell.trim_end_matches(" credits").to_owned()).collect())
            .collect();
        assert_eq!(numbers, expected.map(|row| row.map(str::to_owned).to_vec()).to_vec(), "{title}");
        let formula = format!("round({base} + 10 * Megapixel + 3 * Megapixel * upscaleFactor)");
        assert_eq!(found[0]["formula"], formula, "{title}");
    }
}

/// MISSION S0-01 to S0-13, S0-45.
#[tokio::test]
async fn tools_are_grouped_by_toolkit_with_the_price_of_each_model() {
    let world = World::start().await;
    let card = card(&world, "studiotwin").await;
    let toolkits: Vec<&str> =
        card["toolkits"].as_array().unwrap().iter().map(|toolkit| toolkit["name"].as_str().unwrap()).collect();
    assert_eq!(
        toolkits,
        ["Motion Toolkit", "Environment Toolkit", "Mesh Toolkit", "Material Toolkit", "Audio Toolkit"]
    );
    for (id, model, credits) in [
        ("text-to-motion", "hy-motion-1-0", "5"),
        ("text-to-motion", "kimodo", "5"),
        ("motion-edit", "kimodo", "5"),
        ("motion-stitch", "kimodo", "5"),
        ("trajectory-control", "kimodo", "5"),
        ("text-to-environment-map", "flux-1-schnell", "20"),
        ("image-to-environment-map", "flux-1-schnell", "25"),
        ("environment-map-to-world", "hy-world-1-0", "80"),
        ("image-to-3d-mesh", "hunyuan-3d-v2-1", "25"),
        ("image-to-3d-mesh", "tripo3d-p1", "75"),
        ("image-to-3d-mesh", "tripo3d-v3", "45"),
        ("texture-to-material", "patina", "20"),
    ] {
        let shown = tool(&card, id)["models"].as_array().unwrap().iter().find(|shown| shown["id"] == model);
        let shown = shown.unwrap_or_else(|| panic!("{id} {model}: {}", tool(&card, id)));
        assert_eq!(shown["price"]["credits"], credits, "{id} {model}: {shown}");
    }
}

/// MISSION S1-03 to S1-25.
#[tokio::test]
async fn acorns_are_listed_with_the_day_of_the_last_review() {
    let world = World::start().await;
    let card = card(&world, "neural-frames").await;
    assert_eq!(
        (&card["credit"], &card["credits"], &card["last_updated"]),
        (&json!("acorn"), &json!("acorns"), &json!("2025-06-27"))
    );
    for (id, model, credits) in [
        ("autopilot", "seedance-v1-lite", "5"),
        ("autopilot", "kling-2-1-standard", "8"),
        ("autopilot", "kling-2-1-pro", "15"),
        ("text-to-video", "seedance-v1-lite", "3"),
        ("text-to-video", "runway-gen-3-alpha", "5"),
        ("text-to-video", "kling-2-1-standard", "7"),
        ("text-to-video", "kling-2-1-pro", "12"),
    ] {
        let shown = tool(&card, id)["models"].as_array().unwrap().iter().find(|shown| shown["id"] == model).unwrap();
        assert_eq!(
            (&shown["price"]["credits"], &shown["price"]["per"]),
            (&json!(credits), &json!("second")),
            "{id} {model}"
        );
    }
    let page = world.call(axum::http::Method::GET, "/rate-card/neural-frames").send().await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let html = page.body.as_str().unwrap().to_owned();
    let text = without_tags(&html);
    assert!(text.contains("Last updated: 2025-06-27"), "{text}");
    assert!(text.contains("Catalog version 1"), "{text}");
}

/// MISSION S2-01 to S2-10.
#[tokio::test]
async fn plans_say_what_their_credits_buy() {
    let world = World::start().await;
    let card = card(&world, "flow-studio").await;
    let lines: Vec<&str> = card["lines"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert_eq!(
        lines,
        [
            "1 second of Live Action (Easy or Advanced): 20 credits",
            "1 second of AI MoCap only: 4 credits",
            "1 second of Animation / Video to 3D Scene: 20 credits",
            "1 second of Wonder Tools Clean Plate: 4 credits",
            "1 second of Wonder Tools Camera Track: 4 credits",
        ]
    );
    for (index, plan, live_action, mocap) in [(0, "Lite", "150", "750"), (1, "Pro", "600", "3,000")] {
        let shown = &card["plans"][index];
        assert_eq!(shown["name"], plan);
        let equivalents: Vec<String> =
            shown["equivalents"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect();
        let mocap = mocap.replace(',', "");
        let equivalents: Vec<String> = equivalents.iter().map(|line| line.replace(',', "")).collect();
        assert_eq!(
            equivalents,
            [
                format!("{live_action} seconds of Live Action"),
                format!("{mocap} seconds of AI MoCap"),
                format!("{live_action} seconds of Animation / Video to 3D Scene"),
                format!("{mocap} seconds of Wonder Tools Clean Plate & Camera Track"),
            ]
        );
    }
}

/// MISSION S3-01, S3-02, S3-19, S3-20.
#[tokio::test]
async fn units_say_what_they_cost() {
    let world = World::start().await;
    let card = card(&world, "ai-studios").await;
    let texts: Vec<&str> =
        card["add_ons"].as_array().unwrap().iter().map(|unit| unit["text"].as_str().unwrap()).collect();
    assert_eq!(
        texts,
        ["1 unit = 60 credits = $10 (per user)", "1 unit = 200 credits = $30 (shared across your workspace)"]
    );
    let names: Vec<&str> = card["plans"].as_array().unwrap().iter().map(|plan| plan["id"].as_str().unwrap()).collect();
    assert_eq!(names, ["free", "personal", "team", "enterprise"]);
}

/// MISSION section 6: image, GMI, video and audio rows.
#[tokio::test]
async fn models_are_listed_with_credits_and_usual_time() {
    let world = World::start().await;
    let card = card(&world, "wzrd-studio").await;
    for (title, count, some) in [
        ("Image Models", 19, [("fal-ai/flux/schnell", "3", "~3s"), ("fal-ai/imagen4/preview/ultra", "10", "~12s")]),
        ("GMI Cloud image models", 3, [("gmi/seedream-5.0-lite", "2", "~6s"), ("gmi/seedream-5.0", "3", "~8s")]),
        ("Video Models", 14, [("fal-ai/ltx-video", "16", "~40s"), ("fal-ai/sora-2/text-to-video/pro", "50", "~150s")]),
    ] {
        let found: Vec<&Value> = tables(&card, title).into_iter().filter(|table| table["title"] == title).collect();
        assert_eq!(found.len(), 1, "{title}");
        let rows = rows(found[0]);
        assert_eq!(rows.len(), count, "{title}");
        for (id, credits, time) in some {
            let row = rows.iter().find(|row| row.contains(&id));
            let row = row.unwrap_or_else(|| panic!("{title} lists {id}: {rows:?}"));
            assert!(row.contains(&credits) && row.contains(&time), "{row:?}");
        }
    }
}

#[tokio::test]
async fn the_interface_says_all_of_the_card_and_nothing_else() {
    let world = World::start().await;
    for product in PRODUCTS {
        let card = card(&world, product).await;
        let read: scrip_api::rate_card::RateCard = serde_json::from_value(card.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), card, "{product}");
        let page = world.call(axum::http::Method::GET, &format!("/rate-card/{product}")).send().await;
        let text = without_tags(page.body.as_str().unwrap());
        for table in card["tables"].as_array().into_iter().flatten() {
            for cell in rows(table).concat() {
                assert!(text.contains(cell), "{product}: {cell}");
            }
        }
    }
}

fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for character in html.chars() {
        match character {
            '<' => inside = true,
            '>' => inside = false,
            other if !inside => text.push(other),
            _ => {}
        }
    }
    text.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"")
}

#[tokio::test]
async fn a_card_is_known_by_its_version_and_only_public_if_the_catalog_says_so() {
    let world = World::start().await;
    let open = Studio::product(&world, "studiotwin").await;
    let path = "/v1/rate-card?studio=studiotwin";
    let first = open.get(path).nobody().send().await;
    let tag = first.header("etag").unwrap().to_owned();
    assert_eq!(first.header("cache-control"), Some("public, max-age=60"));
    let known = open.get(path).nobody().header("if-none-match", &tag).send().await;
    assert_eq!((known.status, known.body.as_str()), (304, Some("")));
    assert_eq!(open.get("/v1/rate-card").send().await.ok(), first.body);
    let file =
        std::fs::read_to_string(format!("{}/../../catalogs/studiotwin.toml", env!("CARGO_MANIFEST_DIR"))).unwrap();
    open.post("/v1/catalog/versions").toml(&file).send().await.ok();
    let changed = open.get(path).nobody().header("if-none-match", &tag).send().await;
    assert_eq!((changed.status, &changed.body["catalog_version"]), (200, &json!(2)));
    let as_json = open.get("/rate-card/studiotwin").nobody().header("accept", "application/json").send().await;
    assert_eq!(as_json.body, changed.body);

    let catalog = "[studio]\nname = \"Private\"\n[[bucket]]\nid = \"pool\"\n[[tool]]\nid = \"image\"\nprice = 4\n";
    let private = Studio::with_catalog(&world, "private", catalog).await;
    world.studio("bare", "test").await;
    for path in ["/v1/rate-card?studio=private", "/rate-card/private"] {
        assert_eq!(private.get(path).nobody().send().await.refused(), (404, "not_found"), "{path}");
        assert_eq!(open.get(path).send().await.refused(), (404, "not_found"), "{path}");
        let own = private.get(path).send().await;
        assert_eq!((own.status, own.header("cache-control")), (200, Some("private, no-cache")), "{path}");
    }
    for (path, refused) in [
        ("/v1/rate-card", (422, "invalid_input")),
        ("/v1/rate-card?studio=nobody", (404, "not_found")),
        ("/v1/rate-card?studio=bare", (404, "not_found")),
        ("/rate-card/nobody", (404, "not_found")),
    ] {
        assert_eq!(open.get(path).nobody().send().await.refused(), refused, "{path}");
    }
    let wrong = open.get(path).key("sk_test_wrong").send().await;
    assert_eq!(wrong.refused(), (401, "unauthorized"));
}
