//! `/v1/customers`: who pays.

use axum::extract::State;
use axum::http::StatusCode;
use scrip_api::Page;
use scrip_api::customer::{Customer, CustomerPut};
use scrip_api::studio::Scope;
use scrip_ledger::{Act, Name, Reply};
use scrip_store::{Load, Target};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{self, Answered};
use crate::body::{InPath, InQuery, Received};
use crate::commit::{commit_plain, job};
use crate::openapi::Refusals;
use crate::problem::Problem;
use crate::{Caller, Shared, paging, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(put, read)).routes(routes!(list))
}

/// Makes a customer, or changes what is given of it. What is absent stays; `null` clears.
#[utoipa::path(put, path = "/v1/customers/{customer}", tag = "customers", operation_id = "put_customer",
    params(("customer" = String, Path, description = "The product's own name for the customer")),
    request_body = Option<CustomerPut>,
    responses((status = 200, description = "The customer, changed", body = Customer),
        (status = 201, description = "The customer, new", body = Customer), Refusals))]
async fn put(State(server): State<Shared>, InPath(customer): InPath<String>, received: Received) -> Answered {
    let caller = received.caller.with(Scope::Customers)?;
    let id = wire::name("customer", &customer)?;
    let put: CustomerPut<'_> = received.json()?;
    let version = server.catalogs.in_force(caller.studio, server.store.now(caller.studio));
    let command = wire::customer::customer_put(id.clone(), &put, version.as_ref())?;
    let key = received.key()?;
    let request = key.and_then(|key| received.request(&key, caller.studio, &id, "PUT /v1/customers/{customer}"));
    let act = Act::PutCustomer(Box::new(command));
    let done =
        commit_plain(&server, job(caller.studio, Target::Customer(id.clone()), request, &caller.id, act)).await?;
    let Reply::Customer { customer, created } = done.reply else {
        return Err(Problem::internal("a customer was put and something else came back"));
    };
    let parent = match customer.parent {
        None => None,
        Some(parent) => {
            let see = move |wallet: &scrip_ledger::Wallet, _| {
                wallet.customers.get(usize::from(parent.0)).map(|parent| parent.id.clone())
            };
            let read = server.store.read(caller.studio, Target::Customer(id), Load::nothing(), see).await;
            read.map_err(|error| Problem::read("customer", error))?
        }
    };
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    answer::decided(status, &wire::customer::customer(&customer, parent.as_ref()), done.replayed)
}

/// One customer.
#[utoipa::path(get, path = "/v1/customers/{customer}", tag = "customers", operation_id = "read_customer",
    params(("customer" = String, Path, description = "The product's own name for the customer")),
    responses((status = 200, description = "The customer", body = Customer), Refusals))]
async fn read(State(server): State<Shared>, InPath(id): InPath<String>, caller: Caller) -> Answered {
    let studio = caller.with_any(&[Scope::Read, Scope::Customers])?.studio;
    let name = Name::from(id.as_str());
    let see = move |wallet: &scrip_ledger::Wallet, _| {
        let customer = wallet.customer(&id)?.clone();
        let parent = customer.parent.and_then(|parent| wallet.customers.get(usize::from(parent.0)));
        Some((customer, parent.map(|parent| parent.id.clone())))
    };
    let read = server.store.read(studio, Target::Customer(name), Load::nothing(), see).await;
    let found = read.map_err(|error| Problem::read("customer", error))?;
    let (customer, parent) = found.ok_or_else(|| Problem::not_found("customer"))?;
    answer::ok(&wire::customer::customer(&customer, parent.as_ref()))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// A part of the id, the name or the e-mail address, in any case.
    query: Option<String>,
    /// 1 to 1000; 50 unless given.
    limit: Option<u32>,
    /// `next_cursor` of the part before.
    cursor: Option<String>,
}

/// Customers, oldest first.
#[utoipa::path(get, path = "/v1/customers", tag = "customers", operation_id = "list_customers",
    params(ListQuery),
    responses((status = 200, description = "A part of the list", body = Page<Customer>), Refusals))]
async fn list(State(server): State<Shared>, InQuery(query): InQuery<ListQuery>, caller: Caller) -> Answered {
    let studio = caller.with_any(&[Scope::Read, Scope::Customers])?.studio;
    let part = paging::part(query.limit, query.cursor.as_deref())?;
    let wanted = query.query.filter(|text| !text.is_empty());
    let listed = server.store.customers(studio, wanted, part).await;
    let listed = listed.map_err(|error| Problem::read("customer", error))?;
    answer::ok(&paging::page(&listed, |item| wire::customer::customer(&item.customer, item.parent.as_ref())))
}
