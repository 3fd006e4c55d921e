//! `/v1/customers/{customer}/members`: who in a customer's team spends.

use axum::extract::State;
use axum::http::StatusCode;
use scrip_api::Page;
use scrip_api::customer::{Member, MemberPut};
use scrip_api::studio::Scope;
use scrip_ledger::{Act, Name, Reply, Wallet, customer};
use scrip_store::{Load, Target};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::KeyCaller;
use crate::answer::{self, Answered};
use crate::body::{InPath, InQuery, Received};
use crate::commit::{Done, commit_plain, job};
use crate::openapi::Refusals;
use crate::paging::PageQuery;
use crate::problem::Problem;
use crate::{Caller, Server, Shared, paging, wire};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(put, read, remove)).routes(routes!(list))
}

/// Makes a member, or changes what is given of it. What is absent stays; `null` clears.
#[utoipa::path(put, path = "/v1/customers/{customer}/members/{member}", tag = "customers", operation_id = "put_member",
    params(("customer" = String, Path, description = "The product's own name for the customer"),
        ("member" = String, Path, description = "The product's own name for the member")),
    request_body = Option<MemberPut>,
    responses((status = 200, description = "The member, changed", body = Member),
        (status = 201, description = "The member, new", body = Member), Refusals))]
async fn put(
    State(server): State<Shared>,
    InPath((customer, member)): InPath<(String, String)>,
    received: Received,
) -> Answered {
    let caller = received.caller.with(Scope::Customers)?;
    let customer = wire::name("customer", &customer)?;
    let put: MemberPut<'_> = received.json()?;
    let version = server.catalogs.in_force(caller.studio, server.store.now(caller.studio));
    let put = wire::customer::member_put(wire::name("member", &member)?, &put, version.as_ref())?;
    let put = Box::new(put);
    let act = Act::PutMember { customer: customer.clone(), put };
    let done = act_on(&server, caller, &received, &customer, "PUT", act).await?;
    answer_of(&customer, done)
}

/// Takes a member out of the team; what the member spent stays recorded.
#[utoipa::path(delete, path = "/v1/customers/{customer}/members/{member}", tag = "customers",
    operation_id = "remove_member",
    params(("customer" = String, Path, description = "The product's own name for the customer"),
        ("member" = String, Path, description = "The product's own name for the member")),
    responses((status = 200, description = "The member as it was", body = Member), Refusals))]
async fn remove(
    State(server): State<Shared>,
    InPath((customer, member)): InPath<(String, String)>,
    received: Received,
) -> Answered {
    let caller = received.caller.with(Scope::Customers)?;
    let (customer, member) = (Name::from(customer), Name::from(member));
    let act = Act::RemoveMember { customer: customer.clone(), member };
    let done = act_on(&server, caller, &received, &customer, "DELETE", act).await?;
    answer_of(&customer, done)
}

async fn act_on(
    server: &Server,
    caller: &KeyCaller,
    received: &Received,
    customer: &Name,
    method: &str,
    act: Act,
) -> Result<Done, Problem> {
    let route = format!("{method} /v1/customers/{{customer}}/members/{{member}}");
    let request = received.key()?.and_then(|key| received.request(&key, caller.studio, customer, &route));
    commit_plain(server, job(caller.studio, Target::Customer(customer.clone()), request, &caller.id, act)).await
}

fn answer_of(customer: &Name, done: Done) -> Answered {
    let Reply::Member { member, created } = done.reply else {
        return Err(Problem::internal("a member was asked for and something else came back"));
    };
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    answer::decided(status, &wire::customer::member(customer, &member), done.replayed)
}

/// One member.
#[utoipa::path(get, path = "/v1/customers/{customer}/members/{member}", tag = "customers",
    operation_id = "read_member",
    params(("customer" = String, Path, description = "The product's own name for the customer"),
        ("member" = String, Path, description = "The product's own name for the member")),
    responses((status = 200, description = "The member", body = Member), Refusals))]
async fn read(
    State(server): State<Shared>,
    InPath((customer, member)): InPath<(String, String)>,
    caller: Caller,
) -> Answered {
    let studio = caller.with_any(&[Scope::Read, Scope::Customers])?.studio;
    let customer = Name::from(customer);
    let target = Target::Customer(customer.clone());
    let id = customer.clone();
    let see = move |wallet: &Wallet, _| -> Option<customer::Member> {
        wallet.member(wallet.pool_of(&id)?, &Name::from(member)).cloned()
    };
    let found = server.store.read(studio, target, Load::nothing(), see).await;
    let member = found.map_err(|error| Problem::read("customer", error))?;
    let member = member.ok_or_else(|| Problem::not_found("member"))?;
    answer::ok(&wire::customer::member(&customer, &member))
}

/// The members of a customer's team.
#[utoipa::path(get, path = "/v1/customers/{customer}/members", tag = "customers", operation_id = "list_members",
    params(("customer" = String, Path, description = "The product's own name for the customer"), PageQuery),
    responses((status = 200, description = "A part of the list", body = Page<Member>), Refusals))]
async fn list(
    State(server): State<Shared>,
    InPath(customer): InPath<String>,
    InQuery(query): InQuery<PageQuery>,
    caller: Caller,
) -> Answered {
    let studio = caller.with_any(&[Scope::Read, Scope::Customers])?.studio;
    let part = paging::part(query.limit, query.cursor.as_deref())?;
    let customer = Name::from(customer);
    let listed = server.store.members(studio, customer.clone(), part).await;
    let listed = listed.map_err(|error| Problem::read("customer", error))?;
    answer::ok(&paging::page(&listed, |member| wire::customer::member(&customer, member)))
}
