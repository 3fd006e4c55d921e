//! `/v1/events`: what happened, read from the journal itself.

use axum::extract::State;
use scrip_api::Page;
use scrip_api::event::Event;
use scrip_api::studio::Scope;
use scrip_ledger::Name;
use scrip_store::{EventFilter, EventKind};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{self, Answered};
use crate::body::InQuery;
use crate::openapi::Refusals;
use crate::problem::Problem;
use crate::{Caller, Shared, paging, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only what concerns this customer.
    customer: Option<String>,
    /// Only these types, between commas: `hold.created`, `grant.*`.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// 1 to 1000; 50 unless given.
    limit: Option<u32>,
    /// `next_cursor` of the part before, or the id of the last event that was seen.
    cursor: Option<String>,
}

/// All events of the studio, oldest first. `next_cursor` is null where nothing more has happened yet; whoever follows
/// asks again later, with the id of the last event as `cursor`.
#[utoipa::path(get, path = "/v1/events", tag = "operations", operation_id = "list_events",
    params(ListQuery),
    responses((status = 200, description = "A part of the list", body = Page<Event>), Refusals))]
async fn list(State(server): State<Shared>, InQuery(query): InQuery<ListQuery>, caller: Caller) -> Answered {
    let studio = caller.with_any(&[Scope::Read, Scope::Reports])?.studio;
    let cursor = query.cursor.as_deref().map(|cursor| cursor.strip_prefix("evt_").unwrap_or(cursor));
    let mut part = paging::part(query.limit, cursor)?;
    let kinds = query.kind.as_deref().map(kinds).transpose()?;
    let filter = EventFilter { customer: query.customer.map(Name::from), kinds };
    let limit = part.limit;
    let mut items = Vec::new();
    // One look reads a bounded part of the journal.
    let next = loop {
        let listed = server.store.events(studio, filter.clone(), part).await;
        let listed = listed.map_err(|error| Problem::read("customer", error))?;
        items.extend(listed.items);
        match (listed.is_end, items.len() < limit) {
            (true, _) => break None,
            (false, false) => break Some(listed.next),
            (false, true) => part = scrip_store::Page::after(limit - items.len(), listed.next),
        }
    };
    let data = items.iter().map(wire::event::event).collect::<Result<Vec<_>, _>>()?;
    answer::ok(&Page { data, next_cursor: next.as_ref().map(ToString::to_string) })
}

/// Types by name, or all whose name begins so. Refusal: `invalid_input` (`type`).
fn kinds(text: &str) -> Result<Vec<EventKind>, Problem> {
    let mut kinds = Vec::new();
    for name in text.split(',').map(str::trim) {
        let found = EventKind::ALL.iter().copied().filter(|kind| match name.strip_suffix('*') {
            Some(prefix) => prefix.ends_with('.') && kind.as_str().starts_with(prefix),
            None => kind.as_str() == name,
        });
        let before = kinds.len();
        kinds.extend(found);
        if kinds.len() == before {
            let known = EventKind::ALL.iter().map(|kind| kind.as_str());
            let problem = Problem::invalid_input("type", format_args!("has no events called `{name}`"));
            return Err(problem.with_names(known));
        }
    }
    Ok(kinds)
}
