//! Grants: credits to issue, and lots as they are shown.

use std::sync::Arc;

use scrip_api::Text;
use scrip_api::wallet::{Grant, GrantNew};
use scrip_catalog::Catalog;
use scrip_ledger::grant::{self, GrantKind};
use scrip_ledger::{Name, command};

use crate::catalogs::Version;
use crate::problem::Problem;
use crate::wire::{self, credits, instant, money, name, note, paid, text, text_opt, timestamp};

/// Credits to issue by hand.
///
/// Refusals: `invalid_amount`, `invalid_input`, `unknown_tool`; a bucket that the catalog does not have is the ledger's matter.
pub(crate) fn grant_new(
    customer: Name,
    new: &GrantNew<'_>,
    version: Option<&Arc<Version>>,
) -> Result<command::GrantNew, Problem> {
    let catalog = version.map(|version| version.catalog()).transpose()?;
    let bucket = catalog.and_then(|catalog| catalog.bucket(&new.bucket));
    if bucket.is_some_and(|bucket| bucket.retired) {
        let kept = format!("the bucket `{}` is retired: nothing is granted in it any more", new.bucket);
        return Err(Problem::new(scrip_api::Code::UnknownBucket, kept).with_input("bucket"));
    }
    let unit = bucket.and_then(|bucket| catalog?.studio().unit(&bucket.currency));
    let decimals = unit.map_or(scrip_ledger::amount::CREDIT_DECIMALS_MAX, |unit| unit.decimals);
    let only_tools = new.only_tools.as_ref().map(|tools| tools.iter().map(|id| tool(id, catalog)).collect());
    Ok(command::GrantNew {
        customer,
        kind: GrantKind::Manual,
        bucket: name("bucket", &new.bucket)?,
        amount: wire::moved("amount", &new.amount, decimals)?,
        effective_at: new.effective_at.map(timestamp),
        expires_at: new.expires_at.map(timestamp),
        priority: new.priority.unwrap_or(0),
        only_tools: only_tools.transpose()?,
        paid: new.paid.as_ref().map(|money| paid("paid", money)).transpose()?,
        reason: note("reason", Some(&new.reason))?,
        spending: crate::shortage::spending(version)?,
    })
}

/// A tool that a grant is limited to: one that the catalog has.
fn tool(id: &str, catalog: Option<&Arc<Catalog>>) -> Result<Name, Problem> {
    let id = name("only_tools", id)?;
    match catalog {
        Some(catalog) if catalog.tool(&id).is_none() => {
            let known = catalog.tools().iter().map(|tool| tool.id.as_str());
            let problem = Problem::new(scrip_api::Code::UnknownTool, format!("the catalog has no tool `{id}`"));
            Err(problem.with_input("only_tools").with_names(known))
        }
        _ => Ok(id),
    }
}

/// One lot; `customer` is the owner of its pool.
pub(crate) fn grant<'a>(grant: &'a grant::Grant, customer: &'a Name) -> Grant<'a> {
    let (terms, balance) = (&grant.terms, &grant.balance);
    Grant {
        id: Text::of(grant.id),
        customer: text(customer),
        bucket: text(&terms.bucket),
        currency: text(&terms.currency),
        kind: Text::new(terms.kind.as_str()),
        amount: credits(terms.amount),
        available: credits(balance.available),
        held: credits(balance.held),
        spent: credits(balance.spent),
        expired: credits(balance.expired),
        voided: credits(balance.voided),
        frozen: credits(balance.frozen),
        moved: credits(balance.moved),
        priority: terms.priority,
        only_tools: terms.only_tools.as_ref().map(|tools| tools.iter().map(text).collect()),
        paid: terms.paid.as_ref().map(money),
        reason: text_opt(&terms.reason),
        created_at: instant(terms.created_at),
        effective_at: terms.effective_at.map(instant),
        expires_at: terms.expires_at.map(instant),
        seat: terms.seat,
        source: match (&terms.source, &terms.offer) {
            (Some(source), _) => Some(Text::of(source.subscription)),
            (None, Some(offer)) => Some(text(&offer.id)),
            (None, None) => None,
        },
        void: grant.voided,
    }
}
