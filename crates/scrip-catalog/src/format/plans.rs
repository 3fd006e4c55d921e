//! The shape of plans, add-ons, packs and promotions.

use super::{ANCHOR, COUNT, EXPIRES, IDS, INTERVAL, TEXTS, may, must, table};
use crate::shape::{Shape, TableShape};

macro_rules! agreed_fields {
    ($($before:expr;)* => $($after:expr;)*) => {
        &[
            $($before,)*
            may("name", &Shape::Text, "what customers read; the id by default"),
            may("description", &Shape::Text, "shown with the name"),
            may("monthly", &Shape::Table(&TERMS), "price and grants, month by month"),
            may("annual", &Shape::Table(&TERMS), "price and grants, year by year"),
            may("weekly", &Shape::Table(&TERMS), "price and grants, week by week"),
            may("daily", &Shape::Table(&TERMS), "price and grants, day by day"),
            may("every_30_days", &Shape::Table(&TERMS), "price and grants, every 30 days"),
            may("welcome", &Shape::List(&Shape::Table(&GIFT)), "granted once, at the first start of the plan"),
            may("tools", &IDS, "tools that it allows; all by default"),
            may("seats", &Shape::Table(&SEATS), "the plan is sold by seat"),
            may("sells_packs", &Shape::Boolean, "may its customers buy packs? Yes by default"),
            may("limits", &LIMITS, "limits that are not about the balance"),
            may("trial", &TRIAL, "how long it can be tried, and with what"),
            $($after,)*
        ]
    };
}

pub(super) static PLAN: TableShape = table(
    "a plan",
    "what customers subscribe to",
    agreed_fields![
        must("id", &Shape::Id, "the plan's name in requests");
        =>
        may("by_contract", &Shape::Boolean, "terms are agreed with each customer");
        may("sample", &Shape::Boolean, "its numbers are placeholders to be replaced");
        may("retired", &Shape::Boolean, "no longer sold, kept for those who have it");
    ],
);

const TRIAL: Shape = Shape::Any(&[Shape::Span, Shape::Table(&TRIAL_TERMS)]);

static TRIAL_TERMS: TableShape = table(
    "a trial",
    "how long a plan can be tried, and with what",
    &[
        must("lasts", &Shape::Span, "how long"),
        may("grants", &Shape::List(&Shape::Table(&GIFT)), "credits of the trial; the plan's own by default"),
        may(
            "rolls_over",
            &Shape::Boolean,
            "is what is left of the plan's own credits treated like the rest of a cycle? No by default: it ends",
        ),
    ],
);

pub(super) static WITHOUT_PLAN: TableShape = table(
    "the terms without a plan",
    "what customers may do that have none",
    &[
        may("tools", &IDS, "tools that they may use; all by default"),
        may("limits", &LIMITS, "limits that are not about the balance"),
        may("sells_packs", &Shape::Boolean, "may they buy packs? Yes by default"),
    ],
);

/// A plan as it is agreed with one customer.
static CONTRACT: TableShape = table("a contract", "terms agreed with one customer", agreed_fields![=>]);

/// What a customer's `overrides` say.
pub(crate) static CONTRACTS: TableShape = table(
    "the overrides",
    "what is agreed with one customer",
    &[may("plans", &Shape::Map(&Shape::Table(&CONTRACT)), "terms by plan; what they leave out stays as it is")],
);

static TERMS: TableShape = table(
    "terms",
    "price and grants of one interval",
    &[
        may("price", &Shape::Money, "per interval, and per seat if the plan has seats"),
        may("grants", &Shape::List(&Shape::Table(&GRANT)), "credits of each interval"),
        may("anchor", &ANCHOR, "what its cycles start from; the studio's policy by default"),
    ],
);

static GRANT: TableShape = table(
    "a grant",
    "credits into a bucket",
    &[
        must("bucket", &Shape::Id, "the bucket they go to"),
        must("credits", &Shape::Credits, "how many"),
        may("per", &Shape::Word(&["customer", "seat"]), "for the customer or for each seat; \"customer\" by default"),
        may(
            "renewal",
            &Shape::Word(&["reset", "add", "replenish"]),
            "set to the quota, added to the rest, or filled up to the quota; \"reset\" by default",
        ),
        may(
            "rollover",
            &Shape::Any(&[Shape::Word(&["none"]), Shape::Table(&ROLLOVER)]),
            "what becomes of the rest; \"none\" by default",
        ),
        may(
            "upfront",
            &Shape::Boolean,
            "of a year: all at its start (yes by default), or these credits each month, for that month",
        ),
        may(
            "every",
            &Shape::Word(&["day", "week", "30_days", "month"]),
            "comes anew by a period that is shorter than the cycle; its rest expires with that period",
        ),
        may(
            "anchor",
            &Shape::Word(&["purchase", "calendar"]),
            "with `every`: what its periods begin with; as the cycles by default",
        ),
        may("expires", &EXPIRES, "instead of the bucket's rule"),
        may("only_tools", &IDS, "instead of the bucket's rule"),
    ],
);

pub(super) static GIFT: TableShape = table(
    "a one-time grant",
    "credits into a bucket, once",
    &[
        must("bucket", &Shape::Id, "the bucket they go to"),
        must("credits", &Shape::Credits, "how many"),
        may("expires", &EXPIRES, "instead of the bucket's rule"),
        may("only_tools", &IDS, "instead of the bucket's rule"),
    ],
);

static ROLLOVER: TableShape = table(
    "a rollover",
    "where the rest of a cycle goes",
    &[
        must("bucket", &Shape::Id, "the bucket that receives it; it may be the same"),
        may("carry_at_most", &Shape::Credits, "the most that one renewal carries"),
        may("total_at_most", &Shape::Credits, "the most that carried credits may come to in all"),
        may(
            "cycles",
            &Shape::Integer { min: 1, max: 1_200 },
            "carried credits expire after so many cycles; as their bucket says by default",
        ),
    ],
);

static SEATS: TableShape = table(
    "seats",
    "how the plan is sold by seat",
    &[
        may("at_least", &Shape::Integer { min: 1, max: 1_000_000 }, "the fewest; 1 by default"),
        may("at_most", &Shape::Integer { min: 1, max: 1_000_000 }, "the most"),
        may("added", &Shape::Word(&["full", "prorate"]), "a seat added in mid-cycle; \"full\" by default"),
        may("removed", &Shape::Word(&["next_renewal"]), "a removed seat keeps its credits until the renewal"),
        may("reassigned", &Shape::Word(&["rest"]), "a new member takes over what is left of the seat's quota"),
        may("pool", &Shape::Word(&["own", "workspace"]), "who may spend a seat's credits; \"own\" by default"),
    ],
);

pub(crate) const LIMITS: Shape = Shape::List(&Shape::Table(&LIMIT));

static LIMIT: TableShape = table(
    "a limit",
    "a limit that is not about the balance",
    &[
        must("kind", &Shape::Word(&["jobs_in_flight", "jobs", "spend", "purchases"]), "what is counted"),
        must("at_most", &Shape::Credits, "the most"),
        may("per", &INTERVAL, "per what time; ever by default, and not with \"jobs_in_flight\""),
        may("each_member", &Shape::Boolean, "of each member and not of the customer"),
        may("tools", &IDS, "the tools it is about; all by default"),
        may("unit", &Shape::Id, "what \"spend\" counts in; the studio's credit by default"),
    ],
);

pub(super) static ADD_ON: TableShape = table(
    "an add-on",
    "units bought on top of a plan",
    &[
        must("id", &Shape::Id, "the add-on's name in requests"),
        may("name", &Shape::Text, "what customers read"),
        must("bucket", &Shape::Id, "the bucket its credits go to"),
        must("credits", &Shape::Credits, "credits of one unit"),
        may("price", &Shape::Money, "of one unit"),
        must("plans", &IDS, "plans whose customers can buy it"),
        may("per", &Shape::Word(&["customer", "seat"]), "for the customer, or for each seat; \"customer\" by default"),
        may("interval", &Shape::Word(&["month", "year"]), "what its price is for; \"month\" by default"),
        may(
            "on_annual",
            &Shape::Word(&["monthly", "inherit"]),
            "on an annual plan: month by month (default), or twelve times at once",
        ),
        may("first_period", &Shape::Word(&["full", "prorate"]), "bought in mid-cycle; \"full\" by default"),
        may("refundable", &Shape::Boolean, "can a unit be given back? No by default"),
        may("sample", &Shape::Boolean, "its numbers are placeholders to be replaced"),
        may("retired", &Shape::Boolean, "no longer sold"),
        may("text", &Shape::Text, "how the price list says it"),
    ],
);

pub(super) static PACK: TableShape = table(
    "a pack",
    "a one-off purchase of credits",
    &[
        must("id", &Shape::Id, "the pack's name in requests"),
        may("name", &Shape::Text, "what customers read"),
        must("bucket", &Shape::Id, "the bucket its credits go to"),
        must("credits", &Shape::Credits, "how many"),
        may("bonus", &Shape::Credits, "granted on top"),
        may("price", &Shape::Money, "what it costs; without a price it can only be granted by hand"),
        may("expires", &EXPIRES, "instead of the bucket's rule"),
        may("plans", &IDS, "plans whose customers can buy it; everybody by default"),
        may("purchases_at_most", &COUNT, "how often one customer may buy it; as often as they like by default"),
        may("per", &INTERVAL, "per what time; ever by default"),
        may("sample", &Shape::Boolean, "its numbers are placeholders to be replaced"),
        may("retired", &Shape::Boolean, "no longer sold"),
    ],
);

pub(super) static PROMOTION: TableShape = table(
    "a promotion",
    "credits that are given",
    &[
        must("id", &Shape::Id, "the promotion's name in requests"),
        may("name", &Shape::Text, "what customers read"),
        must("kind", &Shape::Word(&["welcome", "code", "referral", "daily_login", "trial"]), "what earns it"),
        must("grants", &Shape::List(&Shape::Table(&GIFT)), "what one claim grants"),
        may("codes", &TEXTS, "codes that claim it"),
        may("claims_at_most", &COUNT, "how often one customer may claim it; once by default"),
        may("per", &INTERVAL, "per what time; ever by default, a day for \"daily_login\""),
        may("earns_at_most", &Shape::Credits, "the most that one customer can earn with it"),
        may("earns_per", &INTERVAL, "per what time that is; ever by default"),
        may("plans", &IDS, "plans whose customers can claim it; everybody by default"),
        may("retired", &Shape::Boolean, "no longer given"),
    ],
);

pub(super) static AUTO_TOP_UP: TableShape = table(
    "auto top-up",
    "buying a pack when the balance runs low",
    &[
        may("offered", &Shape::Boolean, "may customers switch it on? Yes if this table is there"),
        may("pack", &Shape::Id, "the pack that is bought unless the customer chooses another"),
        may("target", &Shape::Credits, "bought until at least so much is there; one pack by default"),
        may("threshold", &Shape::Credits, "it is bought when less than this is left"),
        may("purchases_at_most_per_month", &COUNT, "purchases a month; 5 by default"),
        may("disabled_after_failures", &COUNT, "switched off after so many failed payments; 3 by default"),
    ],
);
