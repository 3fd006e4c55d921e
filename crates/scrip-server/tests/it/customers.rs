//! Customers and members: made, changed field by field, listed, found, taken out.

use axum::http::Method;
use serde_json::{Value, json};

use crate::world::{Studio, World};

const STUDIO: &str = r#"
[studio]
name = "Studio"
[[bucket]]
id = "pool"
[[tool]]
id = "image"
price = 4
[[plan]]
id = "enterprise"
by_contract = true
"#;

#[tokio::test]
async fn what_is_absent_stays_and_null_clears() {
    let world = World::start().await;
    let studio = Studio::with_catalog(&world, "studio", STUDIO).await;
    let all = json!({"name": "Anna", "email": "anna@example.com", "zone": "Europe/Vienna", "tools": ["image"],
        "overrides": {"plans": {"enterprise": {"monthly": {"grants": [{"bucket": "pool", "credits": 7}]}}}}, "metadata": {"crm": "42"}});
    let made = studio.put("/v1/customers/anna").json(all.clone()).send().await;
    assert_eq!(made.status, 201);
    for (field, value) in all.as_object().unwrap() {
        assert_eq!(&made.body[field], value, "{field}");
    }
    let same = studio.put("/v1/customers/anna").json(json!({})).send().await;
    assert_eq!((same.status, &same.body), (200, &made.body));
    let mut expected = made.body;
    for (field, change, after) in [
        ("name", json!("Anna B."), json!("Anna B.")),
        ("name", Value::Null, Value::Null),
        ("email", Value::Null, Value::Null),
        ("zone", json!("America/New_York"), json!("America/New_York")),
        ("tools", json!([]), json!([])),
        ("tools", Value::Null, Value::Null),
        ("overrides", Value::Null, Value::Null),
        ("metadata", json!({"a": "b"}), json!({"a": "b"})),
        ("metadata", Value::Null, json!({})),
    ] {
        let changed = studio.put("/v1/customers/anna").json(json!({field: change})).send().await.ok();
        expected[field] = after;
        assert_eq!(changed, expected, "{field}");
    }
    assert_eq!(studio.read("/v1/customers/anna").await, expected);
}

#[tokio::test]
async fn a_parent_is_set_when_a_customer_is_made_and_stays() {
    let world = World::start().await;
    let studio = Studio::with_catalog(&world, "studio", STUDIO).await;
    for id in ["org", "other"] {
        studio.put(&format!("/v1/customers/{id}")).json(json!({})).send().await.ok();
    }
    studio.put("/v1/customers/team").json(json!({"parent": "org"})).send().await.ok();
    let put = |id: &'static str, body: Value| studio.put(&format!("/v1/customers/{id}")).json(body);
    assert_eq!(put("team", json!({"parent": "org", "name": "T"})).send().await.status, 200);
    for (id, parent, refused) in [
        ("team", "other", (409, "parent_fixed")),
        ("other", "org", (409, "parent_fixed")),
        ("new", "nobody", (404, "not_found")),
        ("new", "new", (404, "not_found")),
    ] {
        let reply = put(id, json!({"parent": parent})).send().await;
        assert_eq!(reply.refused(), refused, "{id} in {parent}: {}", reply.body);
    }
    assert_eq!(studio.get("/v1/customers/new").send().await.refused(), (404, "not_found"));
}

#[tokio::test]
async fn customers_are_listed_in_order_and_found_by_a_part() {
    let world = World::start().await;
    let studio = Studio::with_catalog(&world, "studio", STUDIO).await;
    for index in 0..7 {
        let body = json!({"name": format!("Nr. {index}"), "email": format!("C{}@example.com", index % 2)});
        studio.put(&format!("/v1/customers/c%2F{index}")).json(body).send().await.ok();
    }
    studio.put("/v1/customers/zed").json(json!({"parent": "c/0"})).send().await.ok();
    let ids = |page: &Value| -> Vec<String> {
        page["data"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = studio.read(&format!("/v1/customers?limit=3{cursor}")).await;
        found.extend(ids(&page));
        match page["next_cursor"].as_str() {
            None => break,
            Some(next) => cursor = format!("&cursor={next}"),
        }
    }
    assert_eq!(found, ["c/0", "c/1", "c/2", "c/3", "c/4", "c/5", "c/6", "zed"]);
    for (query, expected) in [
        ("nr. 3", vec!["c/3"]),
        ("c1%40", vec!["c/1", "c/3", "c/5"]),
        ("ZED", vec!["zed"]),
        ("%25", vec![]),
        ("", vec!["c/0", "c/1", "c/2", "c/3", "c/4", "c/5", "c/6", "zed"]),
    ] {
        let page = studio.read(&format!("/v1/customers?query={}", query.replace(' ', "%20"))).await;
        assert_eq!(ids(&page), expected, "{query}");
    }
    assert_eq!(studio.read("/v1/customers?query=zed").await["data"][0]["parent"], "c/0");
    assert_eq!(studio.read("/v1/customers/c%2F3").await["name"], "Nr. 3");
}

#[tokio::test]
async fn members_are_made_changed_listed_and_taken_out() {
    let world = World::start().await;
    let studio = Studio::with_catalog(&world, "studio", STUDIO).await;
    studio.put("/v1/customers/org").json(json!({})).send().await.ok();
    let mia = "/v1/customers/org/members/mia";
    let made = studio.put(mia).json(json!({"role": "maker", "seat": 3, "limits": {"monthly": "50"}})).send().await;
    assert_eq!((made.status, &made.body["customer"], &made.body["seat"]), (201, &json!("org"), &json!(3)));
    let changed = studio.put(mia).once("p").json(json!({"seat": null})).send().await;
    assert_eq!((changed.status, &changed.body["seat"], &changed.body["role"]), (200, &Value::Null, &json!("maker")));
    assert!(studio.put(mia).once("p").json(json!({"seat": null})).send().await.replayed());
    studio.put("/v1/customers/org/members/ben").json(json!({"role": "admin"})).send().await.ok();
    let listed = studio.read("/v1/customers/org/members").await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    assert_eq!(studio.read(mia).await, changed.body);
    let removed = studio.delete(mia).once("d").send().await;
    assert_eq!((removed.status, &removed.body), (200, &changed.body));
    assert!(studio.delete(mia).once("d").send().await.replayed());
    for (method, path, what) in [
        (Method::GET, mia, "member"),
        (Method::DELETE, mia, "member"),
        (Method::GET, "/v1/customers/nobody/members", "customer"),
        (Method::PUT, "/v1/customers/nobody/members/mia", "customer"),
    ] {
        let reply = world.call(method.clone(), path).key(&studio.key).send().await;
        assert_eq!((reply.refused(), &reply.body["what"]), ((404, "not_found"), &json!(what)), "{method} {path}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said_and_nothing_is_done() {
    let world = World::start().await;
    let studio = Studio::with_catalog(&world, "studio", STUDIO).await;
    studio.customer("anna", &[("pool", "10")]).await;
    let grants = "/v1/customers/anna/grants";
    let grant = |more: Value| {
        let mut grant = json!({"amount": "1", "bucket": "pool", "reason": "r"});
        for (name, value) in more.as_object().unwrap() {
            grant[name] = value.clone();
        }
        grant
    };
    let long = "x".repeat(129);
    for (method, path, body, refused, about) in [
        ("PUT", "/v1/customers/b", json!({"zone": "Mars/Olympus"}), (422, "invalid_input"), "zone"),
        ("PUT", "/v1/customers/b", json!({"nmae": "B"}), (422, "unknown_field"), "nmae"),
        ("PUT", "/v1/customers/b", json!({"overrides": [1]}), (422, "invalid_input"), "overrides"),
        ("PUT", "/v1/customers/b", json!({"overrides": {"seats": 12}}), (422, "invalid_input"), "overrides"),
        ("PUT", "/v1/customers/b", json!({"overrides": {"plans": {"none": {}}}}), (422, "invalid_input"), "overrides"),
        ("PUT", "/v1/customers/b", json!({"name": 7}), (422, "invalid_input"), "name"),
        ("PUT", "/v1/customers/b", json!([]), (400, "invalid_json"), ""),
        ("PUT", &format!("/v1/customers/{long}"), json!({}), (422, "invalid_input"), "customer"),
        ("PUT", "/v1/customers/a%00b", json!({}), (422, "invalid_input"), "customer"),
        ("PUT", "/v1/customers/anna/members/m", json!({"seat": -1}), (422, "invalid_input"), "seat"),
        ("PUT", "/v1/customers/anna/members/m", json!({"limits": "none"}), (422, "invalid_input"), "limits"),
        (
            "PUT",
            "/v1/customers/anna/members/m",
            json!({"limits": {"fortnightly": "5"}}),
            (422, "invalid_input"),
            "limits",
        ),
        (
            "PUT",
            "/v1/customers/anna/members/m",
            json!({"limits": [{"kind": "spend"}]}),
            (422, "invalid_input"),
            "limits",
        ),
        ("PUT", "/v1/customers/anna/members/m", json!({"limits": {"monthly": "-5"}}), (422, "invalid_input"), "limits"),
        ("PUT", "/v1/customers/anna/members/m", json!({"seat": 0}), (422, "invalid_input"), "seat"),
        ("POST", grants, grant(json!({"amount": "1.5"})), (422, "invalid_amount"), "amount"),
        ("POST", grants, grant(json!({"amount": 1.0})), (422, "invalid_amount"), "amount"),
        ("POST", grants, grant(json!({"amount": "0"})), (422, "invalid_amount"), "amount"),
        ("POST", grants, grant(json!({"amount": "-1"})), (422, "invalid_amount"), "amount"),
        ("POST", grants, grant(json!({"amount": "99999999999999999999"})), (422, "invalid_amount"), "amount"),
        ("POST", grants, grant(json!({"bucket": "pol"})), (422, "unknown_bucket"), "bucket"),
        ("POST", grants, grant(json!({"only_tools": ["imag"]})), (422, "unknown_tool"), "only_tools"),
        ("POST", grants, grant(json!({"reason": null})), (422, "invalid_input"), "reason"),
        ("POST", grants, json!({"amount": "1", "bucket": "pool"}), (422, "invalid_input"), "reason"),
        ("POST", grants, grant(json!({"expires_at": "tomorrow"})), (422, "invalid_input"), "expires_at"),
        ("POST", grants, grant(json!({"expires_at": "2020-01-01T00:00:00Z"})), (422, "invalid_input"), "expires_at"),
        (
            "POST",
            grants,
            grant(json!({"paid": {"amount": "1.005", "currency": "usd"}})),
            (422, "invalid_amount"),
            "paid.amount",
        ),
        (
            "POST",
            grants,
            grant(json!({"paid": {"amount": "1", "currency": "US"}})),
            (422, "invalid_input"),
            "paid.currency",
        ),
        ("POST", grants, grant(json!({"note": "x"})), (422, "unknown_field"), "note"),
        ("POST", "/v1/customers/nobody/grants", grant(json!({})), (404, "not_found"), "customer"),
        ("POST", "/v1/grants/gr_x/void", json!({}), (404, "not_found"), "grant"),
        ("GET", "/v1/grants/gr_00000000000000000000000001", Value::Null, (404, "not_found"), "grant"),
        ("GET", "/v1/customers/anna/entries?limit=0", Value::Null, (422, "invalid_input"), "limit"),
        ("GET", "/v1/customers/anna/entries?limit=1001", Value::Null, (422, "invalid_input"), "limit"),
        ("GET", "/v1/customers/anna/entries?limit=x", Value::Null, (422, "invalid_input"), "limit"),
        ("GET", "/v1/customers/anna/entries?cursor=..", Value::Null, (422, "invalid_input"), "cursor"),
        ("GET", "/v1/customers/anna/entries?cursor=zzz", Value::Null, (422, "invalid_input"), "cursor"),
        ("GET", "/v1/customers?cursor=zzz", Value::Null, (422, "invalid_input"), "cursor"),
        ("GET", "/v1/customers/anna/entries?from=now", Value::Null, (422, "invalid_input"), "from"),
        ("GET", "/v1/customers/anna/entries?form=now", Value::Null, (422, "unknown_field"), "form"),
        ("GET", "/v1/customers/anna/wallet?at=1", Value::Null, (422, "invalid_input"), "at"),
        ("GET", "/v1/customers/anna/statement?format=xml", Value::Null, (422, "invalid_input"), "format"),
        ("GET", "/v1/customers/nobody/wallet", Value::Null, (404, "not_found"), "customer"),
        ("GET", "/v1/customers/nobody/affordability", Value::Null, (404, "not_found"), "customer"),
        ("GET", "/v1/customers/nobody/entries", Value::Null, (404, "not_found"), "customer"),
        ("GET", "/v1/customers/nobody/explain", Value::Null, (404, "not_found"), "customer"),
        ("GET", "/v1/customers/nobody/statement", Value::Null, (404, "not_found"), "customer"),
        ("GET", "/v1/customers/nobody/events", Value::Null, (404, "not_found"), "customer"),
        ("GET", "/v1/customers/nobody/grants", Value::Null, (404, "not_found"), "customer"),
        ("DELETE", "/v1/customers/anna/wallet", Value::Null, (405, "method_not_allowed"), ""),
    ] {
        let mut call = world.call(method.parse().unwrap(), path).key(&studio.key);
        if method == "POST" {
            call = call.once(&body.to_string().replace(' ', "_"));
        }
        let call = if body.is_null() { call } else { call.json(body.clone()) };
        let reply = call.send().await;
        assert_eq!(reply.refused(), refused, "{method} {path} {body}: {}", reply.body);
        let said = ["input", "field", "what"].iter().find_map(|name| reply.body[*name].as_str()).unwrap_or("");
        assert_eq!(said, about, "{method} {path} {body}: {}", reply.body);
    }
    assert_eq!(studio.read("/v1/customers/anna/wallet").await["posted"], "10");
    assert_eq!(studio.get("/v1/customers/b").send().await.refused(), (404, "not_found"));
}
