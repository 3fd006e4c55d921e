//! Classes of grants, in the order in which they are spent.

use std::sync::Arc;

use scrip_ledger::id::Name;
pub use scrip_ledger::plan::Expiry;
pub use scrip_ledger::policy::WithoutPlan;
use scrip_ledger::policy::{BucketTerms, Spending, SpendingOrder};

use crate::names::Names;
use crate::read::{At, Lifetime};
use crate::report::Report;
use crate::studio::{CREDITS, Studio};

/// A bucket of the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub id: Name,
    /// What customers read: "Top-Up Credits".
    pub name: String,
    pub description: Option<String>,
    /// What it counts in; see [`crate::Studio::unit`].
    pub currency: Name,
    /// When a grant in it ends, unless the plan, pack or add-on that grants it says otherwise.
    pub expires: Expiry,
    /// Tools that it may pay for; `None` is all.
    pub only_tools: Option<Vec<Name>>,
    /// What becomes of it while the customer has no active plan (MISSION A06).
    pub without_plan: WithoutPlan,
    /// The bucket never holds more than this; what would go above is not granted.
    pub at_most: Option<scrip_ledger::Credits>,
    /// May its credits be moved to another customer or member?
    pub transferable: bool,
    /// Kept for those who still hold credits in it, no longer granted.
    pub retired: bool,
}

pub(crate) fn read_all(root: &At<'_>, studio: &Studio, names: &Names, report: &Report<'_>) -> Vec<Bucket> {
    let items = root.items("bucket");
    items.iter().filter_map(|at| read(at, studio, names, report)).collect()
}

fn read(at: &At<'_>, studio: &Studio, names: &Names, report: &Report<'_>) -> Option<Bucket> {
    let id = at.name("id")?;
    let currency = at.name("unit").unwrap_or(Name::from(CREDITS));
    names.check_unit(at, "unit", studio, report);
    if let (Some(most), Some(unit)) = (at.credits("at_most"), studio.unit(&currency)) {
        crate::amounts::fits(at, "at_most", most, unit, report);
    }
    Some(Bucket {
        name: at.text("name").unwrap_or_else(|| id.to_string()),
        description: at.text("description"),
        currency,
        expires: read_expiry(at, report).unwrap_or(Expiry::Cycle),
        only_tools: names.tools(at, "only_tools", report),
        without_plan: match at.word("without_plan") {
            Some("frozen") => WithoutPlan::Frozen,
            Some("void") => WithoutPlan::Void,
            _ => WithoutPlan::Spendable,
        },
        at_most: at.credits("at_most"),
        transferable: at.bool("transferable").unwrap_or(false),
        retired: at.bool("retired").unwrap_or(false),
        id,
    })
}

/// `expires` of a bucket, grant or pack: "never", "cycle", a span, or the later of a span and the cycle.
pub(crate) fn read_expiry(at: &At<'_>, report: &Report<'_>) -> Option<Expiry> {
    let place = at.get("expires")?;
    if !place.node.fields().is_empty() {
        return Some(match crate::read::lifetime(place.word("later_of_cycle_and")?)? {
            Lifetime::Span(span) => Expiry::LaterOf(span),
            Lifetime::Months(months) => Expiry::LaterOfMonths(months),
        });
    }
    let expiry = match place.node.text()? {
        "never" => Some(Expiry::Never),
        "cycle" => Some(Expiry::Cycle),
        text => crate::read::lifetime(text).map(|lifetime| match lifetime {
            Lifetime::Span(span) => Expiry::After(span),
            Lifetime::Months(months) => Expiry::AfterMonths(months),
        }),
    };
    if expiry.is_none() {
        report.error_help(
            place.span(),
            &place.path,
            "must be \"never\", \"cycle\" or a span of time".to_owned(),
            crate::hint::lifetime(place.node.text()?)
                .unwrap_or_else(|| "for example expires = \"P90D\" or \"P12M\"".to_owned()),
        );
    }
    expiry
}

/// The order of spending, as the ledger reads it.
pub(crate) fn spending(buckets: &[Bucket], studio: &Studio, order: SpendingOrder) -> Arc<Spending> {
    let terms = buckets.iter().map(|bucket| BucketTerms {
        id: bucket.id.clone(),
        currency: bucket.currency.clone(),
        only_tools: bucket.only_tools.clone(),
        expires: bucket.expires,
        without_plan: bucket.without_plan,
        at_most: bucket.at_most,
        transferable: bucket.transferable,
        decimals: studio.unit(&bucket.currency).map_or(0, |unit| unit.decimals),
    });
    Arc::new(Spending { buckets: terms.collect(), order })
}
