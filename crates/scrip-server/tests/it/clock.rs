//! A test studio's own time.

use serde_json::json;

use crate::world::{Studio, World};

#[tokio::test]
async fn a_test_studios_time_moves_forward_only_and_stands_still_between() {
    let world = World::start().await;
    let studio = Studio { world: &world, key: world.studio("test", "test").await };
    let set = |now: &'static str| studio.post("/v1/test-clock").json(json!({"now": now}));
    assert_eq!(set("2020-02-29T12:00:00Z").send().await.ok(), json!({"now": "2020-02-29T12:00:00Z"}));
    assert_eq!(studio.read("/v1/test-clock").await["now"], "2020-02-29T12:00:00Z");
    assert_eq!(set("2020-02-29T12:00:00Z").send().await.ok(), json!({"now": "2020-02-29T12:00:00Z"}));
    assert_eq!(set("2020-02-29T11:59:59.999999Z").send().await.refused(), (409, "clock_backwards"));
    assert_eq!(set("2020-03-01T12:00:00.000001Z").send().await.ok()["now"], "2020-03-01T12:00:00.000001Z");
    assert_eq!(studio.read("/v1/studio").await["now"], "2020-03-01T12:00:00.000001Z");
    let made = studio.put("/v1/customers/anna").json(json!({})).send().await.ok();
    assert_eq!(made["created_at"], "2020-03-01T12:00:00.000001Z");
    for (body, refused) in [
        (json!({}), (422, "invalid_input")),
        (json!({"now": "soon"}), (422, "invalid_input")),
        (json!({"now": "2020-03-02T00:00:00Z", "at": 1}), (422, "unknown_field")),
    ] {
        assert_eq!(studio.post("/v1/test-clock").json(body).send().await.refused(), refused);
    }
}

#[tokio::test]
async fn a_live_studios_time_is_the_machines() {
    let world = World::start().await;
    let live = Studio { world: &world, key: world.studio("live", "live").await };
    let refused = live.post("/v1/test-clock").json(json!({"now": "2030-01-01T00:00:00Z"})).send().await;
    assert_eq!(refused.refused(), (403, "test_studio_only"));
    let test = Studio { world: &world, key: world.studio("test", "test").await };
    let before = live.read("/v1/studio").await["now"].as_str().unwrap().to_owned();
    test.at("2040-01-01T00:00:00Z").await;
    let after = live.read("/v1/studio").await["now"].as_str().unwrap().to_owned();
    assert!(before <= after && after.as_str() < "2040", "{before} {after}");
}
