//! What operators look at: health, counters, the document.

use axum::http::Method;
use scrip_server::Server;
use serde_json::json;

use crate::world::{ROOT, Reply, Studio, World};

async fn get(world: &World, path: &str) -> Reply {
    world.call(Method::GET, path).send().await
}

#[tokio::test]
async fn a_server_is_alive_and_ready_until_its_store_is_closed() {
    let world = World::start().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(get(&world, path).await.ok(), json!({"status": "ok"}), "{path}");
    }
    world.server.store.close();
    assert_eq!(get(&world, "/healthz").await.status, 200);
    let stopped = get(&world, "/readyz").await;
    assert_eq!(stopped.refused(), (503, "busy"));
    assert_eq!(stopped.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn requests_are_counted_by_route_and_status_without_naming_customers() {
    let world = World::start().await;
    let studio = Studio::product(&world, "studiotwin").await;
    studio.customer("anna-secret", &[("top_up", "5")]).await;
    for _ in 0..3 {
        studio.read("/v1/customers/anna-secret/wallet").await;
    }
    studio.get("/v1/customers/ben-secret/wallet").send().await;
    studio.get("/v1/nowhere/anna-secret").send().await;
    assert_eq!(get(&world, "/metrics").await.refused(), (401, "unauthorized"));
    assert_eq!(studio.get("/metrics").send().await.refused(), (403, "forbidden_scope"));
    let page = world.call(Method::GET, "/metrics").key(ROOT).send().await;
    assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = page.body.as_str().unwrap();
    let route = "method=\"GET\",route=\"/v1/customers/{customer}/wallet\"";
    for line in [
        format!("scrip_http_requests_total{{{route},status=\"200\"}} 3"),
        format!("scrip_http_requests_total{{{route},status=\"404\"}} 1"),
        "scrip_http_requests_total{method=\"\",route=\"\",status=\"404\"} 1".to_owned(),
        format!("scrip_http_request_duration_seconds_count{{{route}}} 4"),
        format!("scrip_http_request_duration_seconds_bucket{{{route},le=\"+Inf\"}} 4"),
        "scrip_store_queue_jobs 0".to_owned(),
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(!text.contains("secret"), "{text}");
    let value = |name: &str| -> u64 {
        let line = text.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    assert!(value("scrip_store_journal_position") > 0);
    assert!(value("scrip_store_projected_position") <= value("scrip_store_journal_position"));
    assert_eq!(value("scrip_store_hot_wallets"), 1);
}

#[tokio::test]
async fn a_listener_of_its_own_shows_counters_without_a_key() {
    let mut world = World::start().await;
    world.router = Server::metrics_router(world.server.clone());
    assert!(get(&world, "/metrics").await.body.as_str().unwrap().contains("scrip_build_info"));
    assert_eq!(get(&world, "/readyz").await.status, 200);
    assert_eq!(get(&world, "/v1/studio").await.status, 404);
}

#[tokio::test]
async fn the_interface_describes_itself_without_anything_from_elsewhere() {
    let world = World::start().await;
    let document = get(&world, "/openapi.json").await.ok();
    assert_eq!(document["openapi"].as_str().unwrap().split('.').next(), Some("3"));
    let page = get(&world, "/docs").await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let html = page.body.as_str().unwrap();
    for (path, _) in document["paths"].as_object().unwrap() {
        assert!(html.contains(path.as_str()), "{path}");
    }
    for code in scrip_api::Code::ALL {
        assert!(html.contains(&format!("id=\"{code}\"")), "{code}");
    }
    assert!(!html.contains("src=") && !html.contains("https://") && !html.contains("<script"), "nothing is fetched");
}
