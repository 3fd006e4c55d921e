//! Lists of what was bought, claimed or sent: grants that came together, as one item each.

use scrip_ledger::Name;
use scrip_ledger::grant::{Grant, GrantKind};
use scrip_ledger::id::StudioId;
use scrip_ledger::reply::Granted;
use scrip_store::{Cursor, GrantFilter, Listed, Page};

use crate::Server;
use crate::problem::Problem;

/// Grants that are read at a time.
const READ: usize = 256;

/// Purchases, claims or transfers of a customer, or of all, oldest first: grants of these kinds, each beginning where its first part is.
///
/// Refusals: `not_found` (customer); `invalid_input` (`cursor`).
pub(crate) async fn bought(
    server: &Server,
    studio: StudioId,
    customer: Option<&Name>,
    kinds: &[GrantKind],
    page: Page,
) -> Result<Listed<Granted>, Problem> {
    let filter = GrantFilter { customer: customer.cloned(), kinds: kinds.to_vec(), ..GrantFilter::default() };
    let mut items: Vec<Granted> = Vec::new();
    let mut after = page.after;
    loop {
        let part = Page { limit: READ, after };
        let listed = server.store.grants(studio, filter.clone(), part).await;
        let listed = listed.map_err(|error| Problem::read("customer", error))?;
        for grant in listed.items {
            if begins(&grant) && items.len() == page.limit {
                let last = items.last().and_then(|item| item.grants.last());
                return Ok(Listed { next: last.map(|last| Cursor::after_grant(last.id)), items });
            }
            add(&mut items, grant);
        }
        match listed.next {
            Some(next) => after = Some(next),
            None => return Ok(Listed { items, next: None }),
        }
    }
}

fn begins(grant: &Grant) -> bool {
    grant.terms.offer.as_ref().is_none_or(|offer| offer.part == 0)
}

fn add(items: &mut Vec<Granted>, grant: Grant) {
    match items.last_mut().filter(|_| !begins(&grant)) {
        Some(item) => item.grants.push(grant),
        None => {
            let what = grant.terms.offer.as_ref().map_or_else(|| grant.terms.bucket.clone(), |offer| offer.id.clone());
            items.push(Granted { what, paid: grant.terms.paid, grants: vec![grant] });
        }
    }
}
