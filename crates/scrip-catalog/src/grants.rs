//! What plans and promotions grant: each cycle, or once.

mod every;

use scrip_ledger::id::Name;
use scrip_ledger::plan::{CycleAnchor, Drip, Expiry, GrantPer, GrantRule, Interval, Renewal, Rollover};
use scrip_ledger::{Credits, Span};

use crate::bucket::Bucket;
use crate::names::Names;
use crate::read::At;
use crate::report::Report;
use crate::studio::{CreditUnit, Studio};

pub(crate) use every::interval_name;

/// Reads grants, and what they refer to.
pub(crate) struct GrantReader<'a> {
    pub studio: &'a Studio,
    pub buckets: &'a [Bucket],
    pub names: &'a Names,
    /// What cycles start from unless a plan says otherwise.
    pub anchor: CycleAnchor,
    pub report: &'a Report<'a>,
}

/// The terms that grants are part of.
pub(crate) struct TermsOf {
    pub interval: Interval,
    pub anchor: CycleAnchor,
    pub has_seats: bool,
}

impl GrantReader<'_> {
    /// Credits of each cycle.
    pub fn each_cycle(&self, terms: &At<'_>, of: &TermsOf) -> Vec<GrantRule> {
        let items = terms.items("grants");
        self.refuse_same_period(&items, of);
        items.iter().filter_map(|grant| self.of_cycle(grant, of)).collect()
    }

    /// Credits that are granted once.
    pub fn once(&self, at: &At<'_>, key: &str) -> Vec<GrantRule> {
        let items = at.items(key);
        self.refuse_same_bucket(&items);
        items.iter().filter_map(|grant| self.rule(grant)).collect()
    }

    /// The amount of a grant, pack or add-on, checked against its bucket.
    pub fn amount(&self, at: &At<'_>, bucket: &Name) -> Option<Credits> {
        let credits = at.credits("credits")?;
        if let Some(unit) = self.unit_of(bucket) {
            crate::amounts::fits(at, "credits", credits, unit, self.report);
        }
        if self.bucket(bucket).is_some_and(|bucket| bucket.retired) && at.bool("retired") != Some(true) {
            let message = format!("bucket \"{bucket}\" is retired: it is kept for those who still hold credits in it");
            self.report.error(at.key_span("bucket"), &at.path, message);
        }
        Some(credits)
    }

    /// What the bucket counts in.
    pub fn unit_of(&self, bucket: &Name) -> Option<&CreditUnit> {
        self.studio.unit(&self.bucket(bucket)?.currency)
    }

    fn bucket(&self, id: &Name) -> Option<&Bucket> {
        self.buckets.iter().find(|known| known.id == *id)
    }

    fn refuse_same_bucket(&self, items: &[At<'_>]) {
        for (index, grant) in items.iter().enumerate() {
            let Some(bucket) = grant.word("bucket") else { continue };
            if items[..index].iter().any(|before| before.word("bucket") == Some(bucket)) {
                self.refuse_second_grant(grant, bucket, None);
            }
        }
    }

    /// What every grant says.
    fn rule(&self, at: &At<'_>) -> Option<GrantRule> {
        let bucket = self.names.bucket(at, "bucket", self.report)?;
        Some(GrantRule {
            credits: self.amount(at, &bucket)?,
            per: GrantPer::Customer,
            renewal: Renewal::Reset,
            rollover: Rollover::None,
            drip: Drip::Upfront,
            expires: crate::bucket::read_expiry(at, self.report),
            only_tools: self.names.tools(at, "only_tools", self.report),
            every: None,
            bucket,
        })
    }

    fn of_cycle(&self, at: &At<'_>, of: &TermsOf) -> Option<GrantRule> {
        let rule = self.rule(at)?;
        let renewal = match at.word("renewal") {
            Some("add") => Renewal::Add,
            Some("replenish") => Renewal::ReplenishUpTo,
            _ => Renewal::Reset,
        };
        let rollover = at.get("rollover").and_then(|rollover| self.rollover(&rollover, &rule.bucket));
        self.refuse_rollover_of_kept(at, renewal, rollover.is_some());
        let every::HowOften { drip, every } = self.how_often(at, of);
        if every.is_none() {
            self.refuse_cycles_without_length(at, of);
        }
        let rule = GrantRule { renewal, drip, every, ..rule };
        let rule = GrantRule {
            per: self.per(at, of),
            rollover: rollover.unwrap_or_default(),
            expires: self.expiry_of_kept(at, &rule, renewal),
            ..rule
        };
        self.refuse_sum_without_end(at, &rule, of);
        self.notice_total_that_is_never_reached(at, &rule);
        self.notice_expiry_that_is_never_reached(at, &rule, of);
        Some(rule)
    }

    fn per(&self, at: &At<'_>, of: &TermsOf) -> GrantPer {
        let Some(place) = at.get("per").filter(|per| per.node.text() == Some("seat")) else {
            return GrantPer::Customer;
        };
        if !of.has_seats {
            self.report.error_help(
                place.span(),
                &place.path,
                "the plan has no seats".to_owned(),
                "add seats = {} to the plan".to_owned(),
            );
        }
        GrantPer::Seat
    }

    fn drip(&self, at: &At<'_>, of: &TermsOf) -> Drip {
        if at.bool("upfront") != Some(false) {
            return Drip::Upfront;
        }
        if of.interval != Interval::Year {
            self.report.error_help(
                at.key_span("upfront"),
                &crate::shape::join(&at.path, "upfront"),
                "only a year's credits can arrive month by month".to_owned(),
                "leave `upfront` out, or move the grant to `annual`".to_owned(),
            );
        }
        Drip::Monthly
    }

    /// Credits that the next cycle adds to, or fills up, do not end with their own. Those of shorter periods can add up
    /// until the cycle ends.
    fn expiry_of_kept(&self, at: &At<'_>, rule: &GrantRule, renewal: Renewal) -> Option<Expiry> {
        if renewal == Renewal::Reset || rule.every.is_some() {
            return rule.expires;
        }
        let of_bucket = self.bucket(&rule.bucket).map(|bucket| bucket.expires);
        match (rule.expires, of_bucket) {
            (Some(Expiry::Cycle), _) => {
                self.report.error_help(
                    at.key_span("expires"),
                    &at.path,
                    "credits that end with the cycle leave nothing to add to".to_owned(),
                    "leave `expires` out (they never expire then), give a span, or use renewal = \"reset\"".to_owned(),
                );
                rule.expires
            }
            (None, Some(Expiry::Cycle)) => Some(Expiry::Never),
            (own, _) => own,
        }
    }

    fn refuse_rollover_of_kept(&self, at: &At<'_>, renewal: Renewal, rolls_over: bool) {
        if renewal != Renewal::Reset && rolls_over {
            self.report.error_help(
                at.key_span("rollover"),
                &at.path,
                "with this renewal the rest stays where it is: there is nothing to roll over".to_owned(),
                "leave `rollover` out, or `renewal`".to_owned(),
            );
        }
    }

    /// Cycles that wait for the first use have no length to count in.
    fn refuse_cycles_without_length(&self, at: &At<'_>, of: &TermsOf) {
        let Some(rollover) = at.get("rollover").filter(|rollover| rollover.has("cycles")) else { return };
        if of.anchor == CycleAnchor::FirstUse {
            self.report.error_help(
                rollover.key_span("cycles"),
                &rollover.path,
                "cycles that begin with the first use can't be counted ahead".to_owned(),
                "leave `cycles` out, and give the bucket that receives the rest an `expires` of its own".to_owned(),
            );
        }
    }

    /// What is carried within its bucket for one cycle is over when the next is carried: it never adds up.
    fn notice_total_that_is_never_reached(&self, at: &At<'_>, rule: &GrantRule) {
        let Rollover::Carry { bucket, carry_at_most, total_at_most: Some(total), cycles } = &rule.rollover else {
            return;
        };
        let ends_with_cycle = self.bucket(bucket).is_some_and(|bucket| bucket.expires == Expiry::Cycle);
        let lives_one_cycle = cycles.map_or(ends_with_cycle, |cycles| cycles == 1);
        let carried = carry_at_most.map_or(rule.credits, |most| most.min(rule.credits));
        // All seats together, or months of one cycle, can carry more than one grant.
        let is_one_grant = rule.per == GrantPer::Customer && rule.drip == Drip::Upfront;
        if *bucket == rule.bucket && lives_one_cycle && is_one_grant && *total >= carried {
            let Some(place) = at.get("rollover") else { return };
            self.report.warning(
                place.key_span("total_at_most"),
                &crate::shape::join(&place.path, "total_at_most"),
                format!("renewals never reach it: what they carry, {carried} at most, lives for one cycle"),
                "say for how many cycles it lives (cycles = 3), or carry it into a bucket that keeps it".to_owned(),
            );
        }
    }

    /// What is reset ends with its cycle, whatever its bucket says: who says "credits expire after 90 days" rarely
    /// means that.
    fn notice_expiry_that_is_never_reached(&self, at: &At<'_>, rule: &GrantRule, of: &TermsOf) {
        let expires = rule.expires.or(self.bucket(&rule.bucket).map(|bucket| bucket.expires));
        let is_chosen = at.has("renewal") || rule.rollover != Rollover::None;
        let months = if rule.drip == Drip::Monthly { Interval::Month } else { of.interval };
        if is_chosen || !expires.is_some_and(|expires| outlives(expires, months)) {
            return;
        }
        self.report.warning(
            at.key_span("bucket"),
            &at.path,
            format!("what is left of these ends with each renewal, before \"{}\" says that they expire", rule.bucket),
            "renewal = \"add\" keeps them until then; renewal = \"reset\" says that this is meant".to_owned(),
        );
    }

    fn rollover(&self, at: &At<'_>, from: &Name) -> Option<Rollover> {
        let bucket = self.names.bucket(at, "bucket", self.report)?;
        let currency = |id: &Name| self.bucket(id).map(|known| &known.currency);
        if currency(&bucket) != currency(from) {
            let message = format!("bucket \"{bucket}\" counts in another unit than \"{from}\"");
            self.report.error(at.key_span("bucket"), &at.path, message);
        }
        let bound = |key: &str| {
            let credits = at.credits(key)?;
            if let Some(unit) = self.unit_of(&bucket) {
                crate::amounts::fits(at, key, credits, unit, self.report);
            }
            Some(credits)
        };
        let (carry_at_most, total_at_most) = (bound("carry_at_most"), bound("total_at_most"));
        Some(Rollover::Carry {
            bucket,
            carry_at_most,
            total_at_most,
            cycles: at.integer("cycles").and_then(|cycles| u32::try_from(cycles).ok()),
        })
    }
}

/// Would credits last longer than the cycle that grants them?
fn outlives(expires: Expiry, interval: Interval) -> bool {
    let months = match interval {
        Interval::Year => 12,
        Interval::Month | Interval::ThirtyDays => 1,
        Interval::Week | Interval::Day | Interval::Hour => 0,
    };
    match expires {
        Expiry::Never => true,
        Expiry::Cycle => false,
        Expiry::After(span) | Expiry::LaterOf(span) => Span::from_days(interval.days_at_most()) < span,
        Expiry::AfterMonths(count) | Expiry::LaterOfMonths(count) => months < count,
    }
}
