//! What a catalog hands to the ledger, and terms that are agreed with one customer.

use expect_test::{Expect, expect};
use scrip_catalog::plan::{Interval, Plan, PlanTerms};
use scrip_catalog::{Catalog, Diagnostic};
use scrip_ledger::Timestamp;

const CATALOG: &str = r#"
[studio]
name = "Reel"
zone = "europe/vienna"

[[bucket]]
id = "monthly"
[[bucket]]
id = "extra"
expires = "never"

[[tool]]
id = "clip"
price = 5

[[plan]]
id = "team"
seats = { at_least = 2 }
limits = [{ kind = "jobs_in_flight", at_most = 3 }]
monthly = { price = "20.00 usd", grants = [{ bucket = "monthly", credits = 100, per = "seat" }] }

[[plan]]
id = "enterprise"
by_contract = true

[[pack]]
id = "pack_50"
bucket = "extra"
credits = 50
price = "5.00 usd"
"#;

fn catalog() -> Catalog {
    Catalog::from_toml(CATALOG).expect("a sound catalog").catalog
}

fn lines(diagnostics: Vec<Diagnostic>) -> String {
    diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect()
}

fn shown(plan: &Plan) -> String {
    let terms = |terms: &PlanTerms| {
        let grants: Vec<String> =
            terms.grants.iter().map(|grant| format!("{} {:?} {}", grant.bucket, grant.per, grant.credits)).collect();
        let price = terms.price.map_or("-".to_owned(), |price| price.amount());
        format!("  {} for {price}: {}\n", terms.interval.as_str(), grants.join(", "))
    };
    let all: String = plan.terms.iter().map(terms).collect();
    let limits: Vec<String> = plan.limits.iter().map(|limit| format!("{:?} {}", limit.kind, limit.at_most)).collect();
    let seats = plan.seats.map_or(0, |seats| seats.at_least);
    format!("{} ({}), seats from {seats}, limits [{}]\n{all}", plan.id, plan.name, limits.join(", "))
}

fn agreed(plan: &str, json: &str) -> String {
    match catalog().contracts(&format!("{{ \"plans\": {{ \"{plan}\": {json} }} }}")) {
        Ok(plans) => plans.iter().map(shown).collect(),
        Err(diagnostics) => lines(diagnostics),
    }
}

fn check(found: &str, expected: &Expect) {
    expected.assert_eq(found);
}

#[test]
fn a_version_of_the_terms_has_what_the_file_says_and_the_zone_as_the_world_spells_it() {
    let at = Timestamp::from_micros(1);
    let terms = catalog().terms(3, at);
    assert_eq!((terms.version, terms.effective_at), (3, at));
    assert_eq!(terms.zone.as_str(), "Europe/Vienna");
    let grants = &terms.plan("team").expect("team").terms(Interval::Month).expect("monthly").grants;
    assert_eq!(grants.iter().map(|grant| grant.bucket.as_str()).collect::<Vec<_>>(), ["monthly"]);
    assert_eq!(terms.plan("enterprise").map(|plan| (plan.by_contract, plan.terms.len())), Some((true, 0)));
    assert_eq!(terms.pack("pack_50").expect("pack").credits.to_string(), "50");
    assert_eq!(
        terms.spending.buckets.iter().map(|bucket| bucket.id.as_str()).collect::<Vec<_>>(),
        ["monthly", "extra"]
    );
    assert_eq!(terms.rules.alert_percents, [50, 20, 10, 0]);
}

#[test]
fn a_zone_that_the_world_does_not_know_is_told_with_the_one_that_was_meant() {
    let mistake = |zone: &str| {
        let file = format!("[studio]\nname = \"X\"\nzone = \"{zone}\"\n");
        lines(Catalog::from_toml(&file).expect_err("no such zone"))
    };
    check(
        &(mistake("Europe/Viena") + &mistake("Mars/Olympus") + &mistake("Etc/Unknown")),
        &expect![[r#"
            3:8: error: studio.zone: there is no time zone "Europe/Viena" (did you mean "Europe/Vienna"?)
            3:8: error: studio.zone: there is no time zone "Mars/Olympus" (an IANA time zone such as "Europe/Vienna"; "UTC" is the default)
            3:8: error: studio.zone: there is no time zone "Etc/Unknown" (an IANA time zone such as "Europe/Vienna"; "UTC" is the default)
        "#]],
    );
}

#[test]
fn an_agreement_changes_what_it_says_and_leaves_the_rest() {
    check(
        &[
            agreed("team", r#"{ "monthly": { "price": "15.00 usd", "grants": [{ "bucket": "monthly", "credits": 120, "per": "seat" }] } }"#),
            agreed("team", r#"{ "seats": { "at_least": 50 }, "limits": [] }"#),
            agreed("team", r#"{ "annual": { "grants": [{ "bucket": "monthly", "credits": 1000 }] } }"#),
            agreed("enterprise", r#"{ "name": "Acme", "annual": { "grants": [{ "bucket": "extra", "credits": 100000 }] } }"#),
        ]
        .concat(),
        &expect![[r#"
            team (team), seats from 2, limits [JobsInFlight 3]
              month for 15.00: monthly Seat 120
            team (team), seats from 50, limits []
              month for 20.00: monthly Seat 100
            team (team), seats from 2, limits [JobsInFlight 3]
              month for 20.00: monthly Seat 100
              year for -: monthly Customer 1000
            enterprise (Acme), seats from 0, limits []
              year for -: extra Customer 100000
        "#]],
    );
}

#[test]
fn an_agreement_is_checked_like_the_file() {
    check(
        &[
            agreed("teem", r#"{ "seats": {} }"#),
            agreed("enterprise", "{}"),
            agreed(
                "enterprise",
                r#"{ "monthly": { "grants": [{ "bucket": "extra", "credits": 5, "per": "seat" }] } }"#,
            ),
            agreed("team", r#"{ "id": "other", "monthly": { "grants": [{ "bucket": "monthy", "credits": "0.5" }] } }"#),
            agreed("team", r#"{ "monthly": { "grants": [{ "bucket": "monthly", "credits": "0.5" }] } }"#),
            agreed("team", "{"),
            agreed("team", "[]"),
        ]
        .join("--\n"),
        &expect![[r#"
            1:22: error: plans.teem: there is no plan "teem" (did you mean "team"?)
            --
            1:28: error: plans.enterprise: plan "enterprise" has no terms, and the agreement gives none (add monthly = { … } or annual = { … })
            --
            1:56: warning: plans.enterprise.monthly.grants[0]: what is left of these ends with each renewal, before "extra" says that they expire (renewal = "add" keeps them until then; renewal = "reset" says that this is meant)
            1:96: error: plans.enterprise.monthly.grants[0].per: the plan has no seats (add seats = {} to the plan)
            --
            1:24: error: plans.team.id: a contract has no key `id` (a contract can say: name, description, monthly, annual, weekly, daily, every_30_days, welcome, tools, seats, sells_packs, limits, trial)
            1:75: error: plans.team.monthly.grants[0].bucket: there is no bucket "monthy" (did you mean "monthly"?)
            --
            1:82: error: plans.team.monthly.grants[0].credits: 0.5 is finer than the smallest credit that is counted (credits have 0 decimals; see studio.credit.decimals)
            --
            1:1: error: this is not JSON: unterminated object
            --
            1:22: error: plans.team: must be a table (terms agreed with one customer), not a list (there is one of it and no list: in TOML its heading stands in single brackets, […])
        "#]],
    );
}

#[test]
fn overrides_say_the_terms_of_several_plans() {
    let said = r#"{ "plans": { "team": { "seats": { "at_least": 9 } },
        "enterprise": { "monthly": { "grants": [{ "bucket": "extra", "credits": 7 }] } } } }"#;
    let plans = catalog().contracts(said).expect("sound");
    check(
        &plans.iter().map(shown).collect::<String>(),
        &expect![[r#"
        team (team), seats from 9, limits [JobsInFlight 3]
          month for 20.00: monthly Seat 100
        enterprise (enterprise), seats from 0, limits []
          month for -: extra Customer 7
    "#]],
    );
    assert_eq!(catalog().contracts("{}"), Ok(Vec::new()));
    let mistakes = catalog().contracts(r#"{ "plan": {}, "plans": { "teem": {}, "team": { "seats": 5 } } }"#);
    check(
        &lines(mistakes.expect_err("wrong")),
        &expect![[r#"
            1:3: error: plan: the overrides has no key `plan` (did you mean `plans`?)
            1:34: error: plans.teem: there is no plan "teem" (did you mean "team"?)
            1:57: error: plans.team.seats: must be a table (how the plan is sold by seat), not an integer (write it as a table, such as { at_least = … }; it can say: at_least, at_most, added, removed, reassigned, pool)
        "#]],
    );
}

#[test]
fn limits_of_a_member_are_read_like_those_of_a_plan() {
    let limits = catalog().member_limits(r#"[{ "kind": "spend", "at_most": "200", "per": "month" }]"#).expect("sound");
    assert_eq!(limits.len(), 1);
    assert_eq!((limits[0].at_most.to_string().as_str(), limits[0].per), ("200", Some(Interval::Month)));
    let mistakes = catalog().member_limits(r#"[{ "kind": "spent", "at_most": 1, "tools": ["clap"] }]"#);
    check(
        &lines(mistakes.expect_err("wrong")),
        &expect![[r#"
        1:12: error: limits[0].kind: must be one of "jobs_in_flight", "jobs", "spend", "purchases", not "spent" (did you mean "spend"?)
    "#]],
    );
}
