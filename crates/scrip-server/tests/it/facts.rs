//! Prices that depend on the customer: its plan, what was free before, what was paid before, how the job comes in.

use serde_json::{Value, json};

use crate::world::{Studio, World};

const CATALOG: &str = r#"
[studio]
name = "Facts"
credit = { name = "credit", decimals = 0 }

[facts]
channel = { one_of = ["web", "api"], default = "web" }

[[bucket]]
id = "pool"
expires = "never"

[[bucket]]
id = "monthly"
expires = "cycle"

[[plan]]
id = "lite"
monthly = { grants = [{ bucket = "monthly", credits = 100 }] }

[[plan]]
id = "pro"
monthly = { grants = [{ bucket = "monthly", credits = 100 }] }

[[tool]]
id = "daily"
price = 5
first_free = { count = 2, per = "day" }

[[tool]]
id = "minutes"
inputs.minutes = { type = "integer", min = 1, max = 100 }
price = { per = "minutes", credits = 2 }
free_units = { of = "minutes", quantity = 10, per = "month" }

[[tool]]
id = "again"
inputs.words = { type = "integer", min = 1, max = 100 }
price = 7
unchanged = "free"

[[tool]]
id = "by_plan"
price = { formula = "plan == \"pro\" ? 3 : 9" }
"#;

async fn studio<'w>(world: &'w World) -> Studio<'w> {
    let studio = Studio { world, key: world.studio("facts", "test").await };
    studio.at("2026-01-10T12:00:00Z").await;
    studio.post("/v1/catalog/versions").toml(CATALOG).send().await.ok();
    studio.customer("anna", &[("pool", "100")]).await;
    studio
}

async fn charge(studio: &Studio<'_>, key: &str, job: Value) -> String {
    let mut job = job;
    job["customer"] = json!("anna");
    let made = studio.post("/v1/charges").once(key).json(job).send().await.ok();
    made["credits"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_first_jobs_of_a_day_are_free_and_a_quote_keeps_its_promise() {
    let world = World::start().await;
    let studio = studio(&world).await;
    let job = || json!({"customer": "anna", "tool": "daily"});
    let quote = studio.post("/v1/quotes").json(job()).send().await.ok();
    assert_eq!(quote["credits"], "0");
    let nobody = studio.post("/v1/quotes").json(json!({"tool": "daily"})).send().await.ok();
    assert_eq!(nobody["credits"], "5");
    assert_eq!(charge(&studio, "1", job()).await, "0");
    assert_eq!(charge(&studio, "2", job()).await, "0");
    assert_eq!(charge(&studio, "3", job()).await, "5");
    assert_eq!(charge(&studio, "q", json!({"quote": quote["id"]})).await, "0");
    let lines = json!({"lines": [{"tool": "daily"}, {"tool": "daily", "quantity": 2}]});
    studio.at("2026-01-11T12:00:00Z").await;
    assert_eq!(charge(&studio, "4", lines).await, "5");
    assert_eq!(charge(&studio, "5", job()).await, "5");
}

#[tokio::test]
async fn a_free_job_that_came_to_nothing_can_be_had_again() {
    let world = World::start().await;
    let studio = studio(&world).await;
    let hold =
        |key: &'static str| studio.post("/v1/holds").once(key).json(json!({"customer": "anna", "tool": "daily"}));
    let first = hold("1").send().await.ok();
    hold("2").send().await.ok();
    assert_eq!(hold("3").send().await.ok()["amount"], "5");
    let release = format!("/v1/holds/{}/release", first["id"].as_str().unwrap());
    studio.post(&release).once("r").send().await.ok();
    assert_eq!(hold("4").send().await.ok()["amount"], "0");
}

#[tokio::test]
async fn free_units_are_used_up_and_come_anew_next_month() {
    let world = World::start().await;
    let studio = studio(&world).await;
    let minutes = |minutes: u32| json!({"tool": "minutes", "inputs": {"minutes": minutes}});
    assert_eq!(charge(&studio, "1", minutes(4)).await, "0");
    assert_eq!(charge(&studio, "2", minutes(10)).await, "8");
    assert_eq!(charge(&studio, "3", minutes(1)).await, "2");
    studio.at("2026-02-01T00:00:00Z").await;
    assert_eq!(charge(&studio, "4", minutes(11)).await, "2");
}

#[tokio::test]
async fn the_same_again_is_free_once_it_was_paid() {
    let world = World::start().await;
    let studio = studio(&world).await;
    let say = |words: u32| json!({"tool": "again", "inputs": {"words": words}});
    assert_eq!(charge(&studio, "1", say(5)).await, "7");
    assert_eq!(charge(&studio, "2", say(5)).await, "0");
    assert_eq!(charge(&studio, "3", say(6)).await, "7");
}

#[tokio::test]
async fn the_plan_decides_the_price_from_the_moment_it_runs() {
    let world = World::start().await;
    let studio = studio(&world).await;
    let job = || json!({"tool": "by_plan"});
    assert_eq!(charge(&studio, "1", job()).await, "9");
    let plan = json!({"plan": "pro", "interval": "month"});
    studio.post("/v1/customers/anna/subscriptions").once("s").json(plan).send().await.ok();
    assert_eq!(charge(&studio, "2", job()).await, "3");
    let both = json!({"operations": [
        {"op": "charge", "idempotency_key": "a", "customer": "anna", "tool": "daily"},
        {"op": "charge", "idempotency_key": "b", "customer": "anna", "tool": "daily"},
        {"op": "charge", "idempotency_key": "c", "customer": "anna", "tool": "daily"}]});
    let done = studio.post("/v1/batch").json(both).send().await.ok();
    let credits: Vec<&Value> = done["results"].as_array().unwrap().iter().map(|one| &one["body"]["credits"]).collect();
    assert_eq!(credits, ["0", "0", "5"], "{done}");
}

#[tokio::test]
async fn a_word_that_the_catalog_does_not_know_is_refused() {
    let world = World::start().await;
    let studio = studio(&world).await;
    for (more, input) in [
        (json!({"channel": "fax"}), "channel"),
        (json!({"mode": "fast"}), "mode"),
        (json!({"previous": {"seconds": "many"}}), "previous"),
        (json!({"previous": {"seconds": -1}}), "previous"),
        (json!({"revision": "yes"}), "revision"),
    ] {
        let mut body = json!({"customer": "anna", "tool": "daily"});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        for path in ["/v1/quotes", "/v1/holds", "/v1/charges"] {
            let reply = studio.post(path).once("k").json(body.clone()).send().await;
            assert_eq!(
                (reply.refused(), &reply.body["input"]),
                ((422, "invalid_input"), &json!(input)),
                "{path} {more}"
            );
        }
    }
    let spoken = json!({"customer": "anna", "tool": "daily", "channel": "api"});
    assert_eq!(studio.post("/v1/quotes").json(spoken).send().await.status, 201);
    let nobody = json!({"customer": "nobody", "tool": "daily"});
    let reply = studio.post("/v1/holds").once("n").json(nobody).send().await;
    assert_eq!((reply.refused(), &reply.body["what"]), ((404, "not_found"), &json!("customer")));
}
