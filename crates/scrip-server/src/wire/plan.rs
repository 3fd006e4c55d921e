//! What the catalog sells, as customers see it.

use scrip_api::plan::{
    AddOnTerms, Drip, GrantPer, GrantRule, Interval, Limit, LimitKind, Offers, Pack, Plan, PlanTerms, Promotion,
    PromotionKind, Renewal, Rollover, SeatAdded, SeatPool, SeatTerms, WithoutPlan,
};
use scrip_api::{Span, Text};
use scrip_catalog::Catalog;
use scrip_ledger::{Name, add_on, pack, plan, promotion};

use crate::wire::{credits, money, text};

/// All that can be bought; what is retired is left out.
pub(crate) fn offers(catalog: &Catalog, version: u32) -> Offers<'_> {
    Offers {
        data: catalog.plans().iter().filter(|plan| !plan.retired).map(plan_out).collect(),
        next_cursor: None,
        add_ons: catalog.add_ons().iter().filter(|add_on| !add_on.retired).map(add_on_out).collect(),
        packs: catalog.packs().iter().filter(|pack| !pack.retired).map(pack_out).collect(),
        promotions: catalog.promotions().iter().filter(|it| !it.retired).map(promotion_out).collect(),
        without_plan: without_plan(catalog.without_plan()),
        catalog_version: version,
    }
}

fn without_plan(terms: &plan::TermsWithoutPlan) -> WithoutPlan<'_> {
    WithoutPlan {
        tools: names(&terms.tools),
        limits: terms.limits.iter().map(limit_out).collect(),
        sells_packs: terms.sells_packs,
    }
}

fn plan_out(plan: &plan::Plan) -> Plan<'_> {
    Plan {
        id: text(&plan.id),
        name: Text::new(&plan.name),
        description: plan.description.as_deref().map(Text::new),
        terms: plan.terms.iter().map(terms_out).collect(),
        welcome: plan.welcome.iter().map(rule).collect(),
        by_contract: plan.by_contract,
        tools: names(&plan.tools),
        seats: plan.seats.map(seats),
        sells_packs: plan.sells_packs,
        limits: plan.limits.iter().map(limit_out).collect(),
        trial: plan.trial.map(|trial| Span::from_micros(trial.micros())),
        trial_grants: plan.trial_grants.as_ref().map(|grants| grants.iter().map(rule).collect()),
        trial_rolls_over: plan.trial_rolls_over,
        sample: plan.sample,
    }
}

fn names(names: &Option<Vec<Name>>) -> Option<Vec<Text<'_>>> {
    names.as_ref().map(|names| names.iter().map(text).collect())
}

fn terms_out(terms: &plan::PlanTerms) -> PlanTerms<'_> {
    PlanTerms {
        interval: interval_out(terms.interval),
        price: terms.price.as_ref().map(money),
        grants: terms.grants.iter().map(rule).collect(),
    }
}

fn rule(rule: &plan::GrantRule) -> GrantRule<'_> {
    GrantRule {
        bucket: text(&rule.bucket),
        credits: credits(rule.credits),
        per: grant_per(rule.per),
        renewal: match rule.renewal {
            plan::Renewal::Reset => Renewal::Reset,
            plan::Renewal::Add => Renewal::Add,
            plan::Renewal::ReplenishUpTo => Renewal::Replenish,
        },
        rollover: match &rule.rollover {
            plan::Rollover::None => None,
            plan::Rollover::Carry { bucket, carry_at_most, total_at_most, cycles } => Some(Rollover {
                bucket: text(bucket),
                carry_at_most: carry_at_most.map(credits),
                total_at_most: total_at_most.map(credits),
                cycles: *cycles,
            }),
        },
        drip: match rule.drip {
            plan::Drip::Upfront => Drip::Upfront,
            plan::Drip::Monthly => Drip::Monthly,
        },
        every: rule.every.map(|every| interval_out(every.interval)),
        only_tools: names(&rule.only_tools),
    }
}

fn seats(seats: plan::SeatTerms) -> SeatTerms {
    SeatTerms {
        at_least: seats.at_least,
        at_most: seats.at_most,
        added: match seats.added {
            plan::SeatAdded::Full => SeatAdded::Full,
            plan::SeatAdded::Prorate => SeatAdded::Prorate,
        },
        pool: match seats.pool {
            plan::SeatPool::Own => SeatPool::Own,
            plan::SeatPool::Workspace => SeatPool::Workspace,
        },
    }
}

fn limit_out(limit: &plan::Limit) -> Limit<'_> {
    Limit {
        kind: match limit.kind {
            plan::LimitKind::JobsInFlight => LimitKind::JobsInFlight,
            plan::LimitKind::Jobs => LimitKind::Jobs,
            plan::LimitKind::Spend => LimitKind::Spend,
            plan::LimitKind::Purchases => LimitKind::Purchases,
        },
        at_most: credits(limit.at_most),
        per: limit.per.map(interval_out),
        each_member: limit.each_member,
        tools: names(&limit.tools),
        currency: limit.currency.as_ref().map(text),
    }
}

fn grant_per(per: plan::GrantPer) -> GrantPer {
    match per {
        plan::GrantPer::Customer => GrantPer::Customer,
        plan::GrantPer::Seat => GrantPer::Seat,
    }
}

fn add_on_out(add_on: &add_on::AddOnTerms) -> AddOnTerms<'_> {
    AddOnTerms {
        id: text(&add_on.id),
        name: Text::new(&add_on.name),
        credits: credits(add_on.credits),
        price: add_on.price.as_ref().map(money),
        bucket: text(&add_on.bucket),
        plans: add_on.plans.iter().map(text).collect(),
        per: grant_per(add_on.per),
        sample: add_on.sample,
    }
}

fn pack_out(pack: &pack::Pack) -> Pack<'_> {
    Pack {
        id: text(&pack.id),
        name: Text::new(&pack.name),
        credits: credits(pack.credits),
        bonus: credits(pack.bonus),
        price: pack.price.as_ref().map(money),
        bucket: text(&pack.bucket),
        plans: names(&pack.plans),
        purchases_at_most: pack.purchases_at_most,
        per: pack.per.map(interval_out),
        sample: pack.sample,
    }
}

fn promotion_out(promotion: &promotion::Promotion) -> Promotion<'_> {
    use promotion::PromotionKind as Kind;
    Promotion {
        id: text(&promotion.id),
        name: Text::new(&promotion.name),
        kind: match promotion.kind {
            Kind::Welcome => PromotionKind::Welcome,
            Kind::Code => PromotionKind::Code,
            Kind::Referral => PromotionKind::Referral,
            Kind::DailyLogin => PromotionKind::DailyLogin,
            Kind::Trial => PromotionKind::Trial,
        },
        grants: promotion.grants.iter().map(rule).collect(),
        needs_code: !promotion.codes.is_empty(),
        claims_at_most: promotion.claims_at_most,
        per: promotion.per.map(interval_out),
        earns_at_most: promotion.earns_at_most.map(credits),
        earns_per: promotion.earns_per.map(interval_out),
        plans: names(&promotion.plans),
    }
}

pub(crate) fn interval_out(interval: plan::Interval) -> Interval {
    match interval {
        plan::Interval::Hour => Interval::Hour,
        plan::Interval::Day => Interval::Day,
        plan::Interval::Week => Interval::Week,
        plan::Interval::ThirtyDays => Interval::ThirtyDays,
        plan::Interval::Month => Interval::Month,
        plan::Interval::Year => Interval::Year,
    }
}

pub(crate) fn interval_in(interval: Interval) -> plan::Interval {
    match interval {
        Interval::Hour => plan::Interval::Hour,
        Interval::Day => plan::Interval::Day,
        Interval::Week => plan::Interval::Week,
        Interval::ThirtyDays => plan::Interval::ThirtyDays,
        Interval::Month => plan::Interval::Month,
        Interval::Year => plan::Interval::Year,
    }
}
