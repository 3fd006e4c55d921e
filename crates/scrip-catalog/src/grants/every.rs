//! Grants that come by a shorter period than the cycle: what `every` may say.

use scrip_ledger::plan::{CycleAnchor, Drip, Every, Expiry, GrantRule, Interval, Renewal};

use super::{GrantReader, TermsOf};
use crate::read::At;
use crate::shape::join;

/// How often a grant comes.
pub(super) struct HowOften {
    pub drip: Drip,
    pub every: Option<Every>,
}

impl GrantReader<'_> {
    /// With the cycle, month by month of a year, or by a shorter period of its own.
    pub(super) fn how_often(&self, at: &At<'_>, of: &TermsOf) -> HowOften {
        let Some(interval) = crate::plan::read_interval(at.word("every")) else {
            self.refuse_anchor(at, "only what comes by a shorter period says what its periods begin with");
            return HowOften { drip: self.drip(at, of), every: None };
        };
        if interval == Interval::Month && of.interval == Interval::Year {
            self.refuse_anchor(at, "the months of a year begin with it");
            return HowOften { drip: Drip::Monthly, every: None };
        }
        self.refuse_upfront(at);
        if !fits(interval, of.interval) {
            self.refuse_long_period(at, interval, of.interval);
        }
        let anchored_to = anchor(at, of);
        if anchored_to == CycleAnchor::FirstUse {
            self.report.error_help(
                at.key_span("every"),
                &join(&at.path, "every"),
                "a shorter period does not wait for the first use as the cycle does".to_owned(),
                "say what it begins with: anchor = \"calendar\" or \"purchase\"".to_owned(),
            );
        }
        HowOften { drip: Drip::Upfront, every: Some(Every { interval, anchored_to }) }
    }

    fn refuse_anchor(&self, at: &At<'_>, why: &str) {
        if at.has("anchor") {
            self.report.error_help(
                at.key_span("anchor"),
                &join(&at.path, "anchor"),
                why.to_owned(),
                "leave `anchor` out; what cycles begin with is said by the terms: monthly = { anchor = \"calendar\", … }"
                    .to_owned(),
            );
        }
    }

    fn refuse_upfront(&self, at: &At<'_>) {
        if at.has("upfront") {
            self.report.error_help(
                at.key_span("upfront"),
                &join(&at.path, "upfront"),
                "`every` says already how often these credits come".to_owned(),
                "leave `upfront` out".to_owned(),
            );
        }
    }

    fn refuse_long_period(&self, at: &At<'_>, interval: Interval, cycle: Interval) {
        let (every, key) = (interval_name(interval), cycle.key());
        let message = match interval {
            _ if interval == cycle => format!("`{key}` comes each {every} already"),
            Interval::ThirtyDays => format!("30 days do not fit into each cycle of `{key}`"),
            _ => format!("a {every} does not fit into each cycle of `{key}`"),
        };
        let shorter: Vec<String> = Interval::ALL
            .into_iter()
            .filter(|one| fits(*one, cycle) || *one == Interval::Month && cycle == Interval::Year)
            .map(|one| format!("\"{}\"", one.as_str()))
            .collect();
        let help = match (interval == cycle, shorter.is_empty()) {
            (true, _) => "leave `every` out: the grant comes with each cycle".to_owned(),
            (false, true) => "nothing comes more often than a day: leave `every` out".to_owned(),
            (false, false) => format!("what is shorter than the cycle: {}", shorter.join(", ")),
        };
        let place = at.get("every").map_or(at.span(), |every| every.span());
        self.report.error_help(place, &join(&at.path, "every"), message, help);
    }

    /// What adds up until the cycle ends needs a cycle that has an end.
    pub(super) fn refuse_sum_without_end(&self, at: &At<'_>, rule: &GrantRule, of: &TermsOf) {
        let of_bucket = self.bucket(&rule.bucket).map(|bucket| bucket.expires);
        let ends_with_cycle = rule.expires.or(of_bucket) == Some(Expiry::Cycle);
        let adds_up = rule.every.is_some() && rule.renewal != Renewal::Reset;
        if adds_up && ends_with_cycle && of.anchor == CycleAnchor::FirstUse {
            self.report.error_help(
                at.key_span("renewal"),
                &join(&at.path, "renewal"),
                "a cycle that waits for its first use has no end until which this could add up".to_owned(),
                "give it an end of its own: expires = \"P30D\", or \"never\"".to_owned(),
            );
        }
    }

    /// One bucket can be granted into by several periods, each in lots of its own; filling it up needs it alone.
    pub(super) fn refuse_same_period(&self, items: &[At<'_>], of: &TermsOf) {
        for (index, grant) in items.iter().enumerate() {
            let Some(bucket) = grant.word("bucket") else { continue };
            let others = || items.iter().enumerate().filter(|(place, _)| *place != index);
            let mut same = others().filter(|(_, other)| other.word("bucket") == Some(bucket));
            if items[..index]
                .iter()
                .any(|other| other.word("bucket") == Some(bucket) && period(other, of) == period(grant, of))
            {
                self.refuse_second_grant(grant, bucket, period(grant, of));
            } else if grant.word("renewal") == Some("replenish") && same.next().is_some() {
                self.report.error_help(
                    grant.key_span("renewal"),
                    &join(&grant.path, "renewal"),
                    format!("it would fill up what another grant into \"{bucket}\" brings"),
                    "give one of them a bucket of its own".to_owned(),
                );
            }
            let interval = period(grant, of);
            let before = items[..index].iter().find(|other| interval.is_some() && period(other, of) == interval);
            if before.is_some_and(|before| anchor(before, of) != anchor(grant, of)) {
                let place = if grant.has("anchor") { "anchor" } else { "every" };
                self.report.error_help(
                    grant.key_span(place),
                    &join(&grant.path, place),
                    "another grant of the plan begins the same period otherwise".to_owned(),
                    "say the same `anchor` for all that comes by it".to_owned(),
                );
            }
        }
    }

    pub(super) fn refuse_second_grant(&self, grant: &At<'_>, bucket: &str, every: Option<Interval>) {
        let each = every.map_or(String::new(), |every| format!(" each {}", interval_name(every)));
        self.report.error_help(
            grant.key_span("bucket"),
            &grant.path,
            format!("there is already a grant into \"{bucket}\"{each}"),
            "add the two up, or give one of them a bucket of its own".to_owned(),
        );
    }
}

/// The shorter period that a grant says; `None`: with the cycle, or month by month of a year.
fn period(grant: &At<'_>, of: &TermsOf) -> Option<Interval> {
    let of_year = of.interval == Interval::Year;
    crate::plan::read_interval(grant.word("every")).filter(|every| !of_year || *every != Interval::Month)
}

/// What its periods begin with: as the cycles, unless it says otherwise.
fn anchor(grant: &At<'_>, of: &TermsOf) -> CycleAnchor {
    crate::policy::read_anchor(grant.word("anchor")).unwrap_or(of.anchor)
}

/// Is it shorter than each of these cycles, and counted on its own? A February has no 30 days.
fn fits(every: Interval, cycle: Interval) -> bool {
    every < cycle && (every, cycle) != (Interval::ThirtyDays, Interval::Month)
}

pub(crate) fn interval_name(interval: Interval) -> &'static str {
    match interval {
        Interval::Hour => "hour",
        Interval::Day => "day",
        Interval::Week => "week",
        Interval::ThirtyDays => "30 days",
        Interval::Month => "month",
        Interval::Year => "year",
    }
}
