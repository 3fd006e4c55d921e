//! Lists of subscriptions.

use std::sync::Arc;

use rusqlite::Connection;
use scrip_ledger::id::StudioId;
use scrip_ledger::subscription::Subscription;

use crate::embedded::lists::{Query, id_after, id_value, listed, place_of, text};
use crate::error::ReadError;
use crate::lists::{Cursor, Listed, Page, SubscriptionFilter};
use crate::views::columns::decode;
use crate::views::load::blob;

pub(crate) fn subscriptions(
    db: &Connection,
    studio: StudioId,
    filter: &SubscriptionFilter,
    page: &Page,
) -> Result<Listed<Arc<Subscription>>, ReadError> {
    let mut query = Query::new("SELECT body FROM subscriptions", studio);
    if let Some(customer) = &filter.customer {
        query = query.of_place(place_of(db, studio, customer)?);
    }
    if filter.live {
        query = query.and_plain("status IN ('trialing', 'active', 'past_due')");
    }
    let query = query.and("plan =", text(&filter.plan)).and("id >", id_after(page)?.map(id_value)).page("id", page);
    let items = query.rows(db, |row| Ok(Arc::new(decode::<Subscription>(blob(row, 0)?)?)))?;
    Ok(listed(items, page, |subscription| Cursor::after_id(subscription.id.0)))
}
