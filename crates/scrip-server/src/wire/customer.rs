//! Customers and members.

use std::sync::Arc;

use scrip_api::customer::{Customer, CustomerPut, Member, MemberPut};
use scrip_api::input::Json;
use scrip_ledger::command::{self, Patch};
use scrip_ledger::{Name, customer};

use crate::agreed;
use crate::catalogs::Version;
use crate::problem::Problem;
use crate::wire::{instant, metadata_in, metadata_out, name, note, text, text_opt};

/// What a `PUT` says of a customer.
///
/// Refusals: `invalid_input` (a name too long, a zone that is none, terms that can't be carried out); `unpriced`
/// (terms without a catalog).
pub(crate) fn customer_put(
    id: Name,
    put: &CustomerPut<'_>,
    version: Option<&Arc<Version>>,
) -> Result<command::CustomerPut, Problem> {
    Ok(command::CustomerPut {
        id,
        parent: put.parent.as_ref().map(|parent| name("parent", parent)).transpose()?,
        name: patch(&put.name, |text| Ok(note("name", Some(text))?.unwrap_or_else(|| Name::from(""))))?,
        email: patch(&put.email, |text| Ok(note("email", Some(text))?.unwrap_or_else(|| Name::from(""))))?,
        zone: patch(&put.zone, |text| zone(text))?,
        tools: patch(&put.tools, |tools| tools.iter().map(|tool| name("tools", tool)).collect())?,
        contracts: patch(&put.overrides, |json| agreed::contracts(version, json.get()))?,
        overrides: patch(&put.overrides, |json| Ok(Name::from(json.get())))?,
        metadata: patch(&put.metadata, metadata_in)?,
    })
}

/// What a `PUT` says of a member. Refusal: `invalid_input`.
pub(crate) fn member_put(
    id: Name,
    put: &MemberPut<'_>,
    version: Option<&Arc<Version>>,
) -> Result<command::MemberPut, Problem> {
    Ok(command::MemberPut {
        id,
        role: match &put.role {
            Some(role) => Patch::Set(name("role", role)?),
            None => Patch::Keep,
        },
        seat: patch(&put.seat, |seat| Ok(*seat))?,
        caps: patch(&put.limits, |json| agreed::caps(version, json.get()))?,
        limits: patch(&put.limits, |json| Ok(Name::from(json.get())))?,
    })
}

fn patch<T, U>(given: &Option<Option<T>>, accept: impl FnOnce(&T) -> Result<U, Problem>) -> Result<Patch<U>, Problem> {
    match given {
        None => Ok(Patch::Keep),
        Some(None) => Ok(Patch::Clear),
        Some(Some(value)) => accept(value).map(Patch::Set),
    }
}

fn zone(text: &str) -> Result<Name, Problem> {
    match jiff::tz::TimeZone::get(text) {
        Ok(_) => Ok(Name::from(text)),
        Err(_) => Err(Problem::invalid_input("zone", "must be an IANA time zone such as Europe/Vienna")),
    }
}

/// `parent` is the customer in whose wallet it is a group.
pub(crate) fn customer<'a>(customer: &'a customer::Customer, parent: Option<&'a Name>) -> Customer<'a> {
    let profile = customer.profile.as_deref();
    let field = |of: fn(&customer::Profile) -> &Option<Name>| profile.and_then(|profile| text_opt(of(profile)));
    Customer {
        id: text(&customer.id),
        name: field(|profile| &profile.name),
        email: field(|profile| &profile.email),
        zone: field(|profile| &profile.zone),
        parent: parent.map(text),
        tools: profile.and_then(|profile| profile.tools.as_ref()).map(|tools| tools.iter().map(text).collect()),
        overrides: profile.and_then(|profile| profile.overrides.as_deref()).and_then(Json::from_text),
        metadata: profile.map(|profile| metadata_out(&profile.metadata)).unwrap_or_default(),
        created_at: instant(customer.created_at),
    }
}

pub(crate) fn member<'a>(customer: &'a Name, member: &'a customer::Member) -> Member<'a> {
    Member {
        id: text(&member.id),
        customer: text(customer),
        role: text(&member.role),
        seat: member.seat,
        limits: member.limits.as_deref().and_then(Json::from_text),
        created_at: instant(member.created_at),
    }
}
