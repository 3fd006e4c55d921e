//! The OpenAPI document, made of the same registrations as the routes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, Required, Response, ResponseBuilder};
use utoipa::{IntoParams, IntoResponses, Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use crate::{Shared, routes};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Scrip",
        description = "The credits engine for generative-media products: quote, hold, capture, refund, explain.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    modifiers(&BearerKey),
    security(("key" = [])),
    components(schemas(scrip_api::Problem, scrip_api::problem::Shortage)),
    tags(
        (name = "studios", description = "Products that sell credits, their keys and clocks"),
        (name = "catalog", description = "Prices, plans and policies, in versions"),
        (name = "jobs", description = "Quotes, holds, captures, charges and refunds"),
        (name = "customers", description = "Who pays, and what they have"),
        (name = "plans", description = "What customers subscribe to and buy"),
        (name = "operations", description = "Health, metrics and this document"),
    )
)]
struct Document;

struct BearerKey;

impl Modify for BearerKey {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let mut scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        scheme.description = Some("`sk_live_…`, `sk_test_…`, a customer's `ct_…`, or the root key".to_owned());
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(scheme));
    }
}

/// Every route with its description.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    let all = [
        routes::studios::routes(),
        routes::keys::routes(),
        routes::tokens::routes(),
        routes::catalog::routes(),
        routes::rate_card::routes(),
        routes::test_clock::routes(),
        routes::quotes::routes(),
        routes::holds::routes(),
        routes::captures::routes(),
        routes::releases::routes(),
        routes::extensions::routes(),
        routes::charges::routes(),
        routes::refunds::routes(),
        routes::batch::routes(),
        routes::customers::routes(),
        routes::members::routes(),
        routes::wallets::routes(),
        routes::affordability::routes(),
        routes::plans::routes(),
        routes::subscriptions::routes(),
        routes::subscription_previews::routes(),
        routes::subscription_acts::routes(),
        routes::add_ons::routes(),
        routes::purchases::routes(),
        routes::claims::routes(),
        routes::grants::routes(),
        routes::transfers::routes(),
        routes::entries::routes(),
        routes::usage::routes(),
        routes::explain::routes(),
        routes::statement::routes(),
        routes::events::routes(),
        routes::happenings::routes(),
        routes::imports::routes(),
        routes::exports::routes(),
        routes::health::routes(),
        routes::metrics::routes(),
        routes::docs::routes(),
    ];
    all.into_iter().fold(OpenApiRouter::with_openapi(Document::openapi()), OpenApiRouter::merge)
}

/// Every route with its description, as the code has it.
pub(crate) fn described() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

/// The document as it is served and kept in the repository.
pub fn document() -> Value {
    let mut document = serde_json::to_value(described()).expect("a document of texts and numbers can be written");
    simplify(&mut document);
    let paths = document.pointer_mut("/paths").and_then(Value::as_object_mut);
    let operations =
        paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    operations.for_each(body_without_null);
    document.pointer_mut("/components/schemas").and_then(Value::as_object_mut).map(|schemas| schemas.remove("Text"));
    document
}

/// Says simply what the derived schemas say in a roundabout way: a text is a string wherever it is, what may be
/// null is of two types, and an unsigned number goes beyond the 32 bits of a signed one.
fn simplify(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(simplify),
        Value::Object(members) => {
            members.values_mut().for_each(simplify);
            if members.get("$ref").is_some_and(|target| target == "#/components/schemas/Text") {
                members.remove("$ref");
                members.insert("type".to_owned(), json!("string"));
            }
            join_null(members);
            let unsigned = members.get("minimum").and_then(Value::as_i64).is_some_and(|least| least >= 0);
            let open =
                members.get("format").is_some_and(|format| format == "int32") && !members.contains_key("maximum");
            if unsigned && open {
                members.insert("format".to_owned(), json!("int64"));
                members.insert("maximum".to_owned(), json!(u32::MAX));
            }
        }
        _ => {}
    }
}

/// A body may be left out, but it is not `null`.
fn body_without_null(operation: &mut Value) {
    let content = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut);
    for media in content.into_iter().flat_map(Map::values_mut) {
        if let Some([body, null]) = media.pointer("/schema/oneOf").and_then(Value::as_array).map(Vec::as_slice)
            && *null == json!({"type": "null"})
        {
            media["schema"] = body.clone();
        }
    }
}

/// `oneOf: [{type: string, …}, {type: null}]` is `{type: [string, null], …}`.
fn join_null(members: &mut Map<String, Value>) {
    let Some([Value::Object(first), null]) = members.get("oneOf").and_then(Value::as_array).map(Vec::as_slice) else {
        return;
    };
    if *null != json!({"type": "null"}) || first.get("type").is_none_or(|kind| !kind.is_string()) {
        return;
    }
    let mut joined = first.clone();
    joined.insert("type".to_owned(), json!([first["type"], "null"]));
    members.remove("oneOf");
    members.extend(joined);
}

/// What any route may refuse with.
pub(crate) struct Refusals;

const REFUSALS: [(&str, &str); 12] = [
    ("400", "The body is not JSON, or a key for idempotency is missing"),
    ("401", "No valid key"),
    ("402", "Too few credits"),
    ("403", "The key, the plan or a limit doesn't allow it"),
    ("404", "There is no such object"),
    ("409", "The state of the object doesn't allow it"),
    ("410", "The hold or the quote has expired"),
    ("413", "The body is too large"),
    ("422", "A value is missing, malformed or not allowed"),
    ("429", "A limit is reached: wait as long as `Retry-After` says"),
    ("500", "Something is wrong on the server"),
    ("503", "Busy: try again with the same idempotency key"),
];

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let refusal = |(status, description): (&str, &str)| {
            let problem = RefOr::Ref(Ref::from_schema_name("Problem"));
            let content = Content::new(Some(match status {
                "402" => {
                    let shortage = Ref::from_schema_name("Shortage");
                    AllOfBuilder::new().item(problem).item(shortage).into()
                }
                _ => problem,
            }));
            let response =
                ResponseBuilder::new().description(description).content("application/problem+json", content).build();
            (status.to_owned(), RefOr::T(response))
        };
        REFUSALS.into_iter().map(refusal).collect()
    }
}

/// The header of an act that moves credits.
pub(crate) struct IdempotencyKey;

/// The same, where a dry run needs none.
pub(crate) struct IdempotencyKeyUnlessDry;

impl IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![idempotency_key(Required::True)]
    }
}

impl IntoParams for IdempotencyKeyUnlessDry {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![idempotency_key(Required::False)]
    }
}

fn idempotency_key(required: Required) -> Parameter {
    let text = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .min_length(Some(1))
        .max_length(Some(255))
        .pattern(Some("^[!-~]+$"));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some("A key of your own for this act: the same key and body are answered the same and done once"))
        .schema(Some(text))
        .build()
}
