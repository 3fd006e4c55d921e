//! Plans, grants, limits, packs, add-ons and promotions that could not be carried out as they are written.

use expect_test::expect;

use super::toml;

/// A file with two buckets of credits and one of minutes, and what is wrong below them.
fn files(wrong: &[&str]) -> Vec<String> {
    let start = r#"studio = { name = "X", units = [{ id = "minutes", decimals = 1 }] }
bucket = [{ id = "base" }, { id = "kept", expires = "never" }, { id = "time", unit = "minutes" }]
tool = [{ id = "clip", price = 1 }]
"#;
    wrong.iter().map(|wrong| format!("{start}{wrong}\n")).collect()
}

fn told(wrong: &[&str], expected: &expect_test::Expect) {
    let files = files(wrong);
    toml(&files.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn grants_of_a_cycle_go_together() {
    told(
        &[
            r#"plan = [{ id = "p", monthly = { grants = [{ bucket = "base", credits = 5 }, { bucket = "kept", credits = 1 }, { bucket = "base", credits = 2 }] } }]"#,
            r#"plan = [{ id = "p", monthly = { grants = [{ bucket = "base", credits = 5, upfront = false }] } }]"#,
            r#"plan = [{ id = "p", monthly = { grants = [{ bucket = "base", credits = 5, renewal = "add", expires = "cycle" }] } }]"#,
            r#"plan = [{ id = "p", monthly = { grants = [{ bucket = "base", credits = 5, renewal = "replenish", rollover = { bucket = "kept" } }] } }]"#,
            r#"plan = [{ id = "p", monthly = { grants = [{ bucket = "base", credits = 5, rollover = { bucket = "kept", carry_at_most = "0.5", total_at_most = "1.25" } }] } }]"#,
            r#"plan = [{ id = "p", monthly = { grants = [{ bucket = "time", credits = "5.5", rollover = { bucket = "time", total_at_most = "10.5" } }, { bucket = "base", credits = 1, per = "seat" }] } }]"#,
        ],
        &expect![[r#"
            4:79 `bucket`
                  warning: plan.p.monthly.grants[1]: what is left of these ends with each renewal, before "kept" says that they expire
                  help: renewal = "add" keeps them until then; renewal = "reset" says that this is meant
            4:113 `bucket`
                  error: plan.p.monthly.grants[2]: there is already a grant into "base"
                  help: add the two up, or give one of them a bucket of its own
            --
            4:75 `upfront`
                  error: plan.p.monthly.grants[0].upfront: only a year's credits can arrive month by month
                  help: leave `upfront` out, or move the grant to `annual`
            --
            4:92 `expires`
                  error: plan.p.monthly.grants[0]: credits that end with the cycle leave nothing to add to
                  help: leave `expires` out (they never expire then), give a span, or use renewal = "reset"
            --
            4:98 `rollover`
                  error: plan.p.monthly.grants[0]: with this renewal the rest stays where it is: there is nothing to roll over
                  help: leave `rollover` out, or `renewal`
            --
            4:121 `"0.5"`
                  error: plan.p.monthly.grants[0].rollover.carry_at_most: 0.5 is finer than the smallest credit that is counted
                  help: credits have 0 decimals; see studio.credit.decimals
            4:144 `"1.25"`
                  error: plan.p.monthly.grants[0].rollover.total_at_most: 1.25 is finer than the smallest credit that is counted
                  help: credits have 0 decimals; see studio.credit.decimals
            --
            4:109 `total_at_most`
                  warning: plan.p.monthly.grants[0].rollover.total_at_most: renewals never reach it: what they carry, 5.5 at most, lives for one cycle
                  help: say for how many cycles it lives (cycles = 3), or carry it into a bucket that keeps it
            4:175 `"seat"`
                  error: plan.p.monthly.grants[1].per: the plan has no seats
                  help: add seats = {} to the plan
            --
        "#]],
    );
}

#[test]
fn cycles_that_begin_with_the_first_use_are_days_weeks_or_months() {
    told(
        &[
            r#"plan = [{ id = "p", annual = { anchor = "first_use", grants = [{ bucket = "base", credits = 5 }] } }]"#,
            "policies.cycle_anchor = \"first_use\"\nplan = [{ id = \"p\", annual = { grants = [{ bucket = \"base\", credits = 5 }] } }]",
            r#"plan = [{ id = "p", daily = { anchor = "first_use", grants = [{ bucket = "base", credits = 5, rollover = { bucket = "kept", cycles = 2 } }] } }]"#,
        ],
        &expect![[r#"
            4:41 `"first_use"`
                  error: plan.p.annual.anchor: a year can't begin with the first use
                  help: add anchor = "purchase" or "calendar" to annual
            --
            5:30 `{ grants = [{ bucket = "base", credits = 5 }] }`
                  error: plan.p.annual: a year can't begin with the first use
                  help: add anchor = "purchase" or "calendar" to annual
            --
            4:125 `cycles`
                  error: plan.p.daily.grants[0].rollover: cycles that begin with the first use can't be counted ahead
                  help: leave `cycles` out, and give the bucket that receives the rest an `expires` of its own
            --
        "#]],
    );
}

#[test]
fn what_is_granted_once_has_no_cycle_and_no_seat() {
    told(
        &[
            r#"plan = [{ id = "p", seats = {}, monthly = {}, welcome = [{ bucket = "base", credits = 5, per = "seat" }] }]"#,
            r#"plan = [{ id = "p", monthly = {}, welcome = [{ bucket = "base", credits = 5 }, { bucket = "base", credits = 6 }] }]"#,
            r#"promotion = [{ id = "g", kind = "welcome", grants = [{ bucket = "base", credits = 5, renewal = "add" }] }]"#,
        ],
        &expect![[r#"
            4:90 `per`
                  error: plan.p.welcome[0].per: a one-time grant has no key `per`
                  help: a one-time grant can say: bucket, credits, expires, only_tools
            --
            4:82 `bucket`
                  error: plan.p.welcome[1]: there is already a grant into "base"
                  help: add the two up, or give one of them a bucket of its own
            --
            4:86 `renewal`
                  error: promotion.g.grants[0].renewal: a one-time grant has no key `renewal`
                  help: a one-time grant can say: bucket, credits, expires, only_tools
            --
        "#]],
    );
}

#[test]
fn limits_say_what_they_count_and_in_what_time() {
    told(
        &[
            r#"plan = [{ id = "p", monthly = {}, limits = [{ kind = "jobs_in_flight", at_most = 3, per = "day" }] }]"#,
            r#"plan = [{ id = "p", monthly = {}, limits = [{ kind = "jobs", at_most = "1.5", per = "day" }] }]"#,
            r#"plan = [{ id = "p", monthly = {}, limits = [{ kind = "spend", at_most = "1.5", per = "day" }] }]"#,
            r#"plan = [{ id = "p", monthly = {}, limits = [{ kind = "purchases", at_most = 2, tools = ["clip"], each_member = true }] }]"#,
            r#"plan = [{ id = "p", monthly = {}, tools = ["clap"], limits = [{ kind = "jobs", at_most = 2, tools = ["clap"] }] }]"#,
        ],
        &expect![[r#"
            4:85 `per`
                  error: plan.p.limits[0].per: jobs in flight are those at work now: leave `per` out
            --
            4:62 `at_most`
                  error: plan.p.limits[0].at_most: must be a whole number
            --
            4:73 `"1.5"`
                  error: plan.p.limits[0].at_most: 1.5 is finer than the smallest credit that is counted
                  help: credits have 0 decimals; see studio.credit.decimals
            --
            4:80 `tools`
                  error: plan.p.limits[0].tools: a purchase is of no tool: leave `tools` out
            4:98 `each_member`
                  error: plan.p.limits[0].each_member: packs are bought by the customer, not by a member
            --
            4:44 `"clap"`
                  error: plan.p.tools[0]: there is no tool "clap"
                  help: did you mean "clip"?
            4:102 `"clap"`
                  error: plan.p.limits[0].tools[0]: there is no tool "clap"
                  help: did you mean "clip"?
            --
        "#]],
    );
}

#[test]
fn what_is_sold_can_be_sold() {
    told(
        &[
            r#"plan = [{ id = "p", monthly = {} }]
add_on = [{ id = "a", bucket = "base", credits = 5, plans = ["p"], interval = "week" }]"#,
            r#"plan = [{ id = "p", sells_packs = false, monthly = {} }]
pack = [{ id = "k", bucket = "kept", credits = 5, bonus = "0.5", plans = ["p"] }]"#,
            r#"pack = [{ id = "k", bucket = "kept", credits = 5, price = "1.00 usd", retired = true }]
auto_top_up = { pack = "k", threshold = "2.5", target = 2 }"#,
            r#"pack = [{ id = "k", bucket = "kept", credits = 5 }]
auto_top_up = { pack = "k" }"#,
        ],
        &expect![[r#"
            5:79 `"week"`
                  error: add_on.a.interval: must be one of "month", "year", not "week"
            --
            5:59 `"0.5"`
                  error: pack.k.bonus: 0.5 is finer than the smallest credit that is counted
                  help: credits have 0 decimals; see studio.credit.decimals
            5:75 `"p"`
                  error: pack.k.plans[0]: customers of plan "p" can't buy packs: it says sells_packs = false
            --
            5:17 `pack`
                  error: auto_top_up: pack "k" can't be bought: it is retired
            5:41 `"2.5"`
                  error: auto_top_up.threshold: 2.5 is finer than the smallest credit that is counted
                  help: credits have 0 decimals; see studio.credit.decimals
            5:48 `target`
                  error: auto_top_up: must be more than the threshold
            --
            5:17 `pack`
                  error: auto_top_up: pack "k" can't be bought: it has no price
            --
        "#]],
    );
}

#[test]
fn promotions_can_be_claimed() {
    told(
        &[
            r#"promotion = [
  { id = "a", kind = "code", codes = ["TEN", "TEN"], grants = [{ bucket = "kept", credits = 10 }] },
  { id = "b", kind = "code", codes = ["TEN"], grants = [{ bucket = "kept", credits = 10 }] },
]"#,
            r#"promotion = [{ id = "a", kind = "daily_login", earns_at_most = 4, grants = [{ bucket = "kept", credits = 5 }] }]"#,
            r#"promotion = [{ id = "a", kind = "daily_login", earns_at_most = "100.5", grants = [{ bucket = "kept", credits = 5 }] }]"#,
        ],
        &expect![[r#"
            5:46 `"TEN"`
                  error: promotion.a.codes[1]: code "TEN" is there twice
            6:39 `"TEN"`
                  error: promotion.b.codes[0]: code "TEN" claims promotion "a" already
            --
            4:48 `earns_at_most`
                  error: promotion.a: is less than one claim grants: it could never be claimed
            --
            4:64 `"100.5"`
                  error: promotion.a.earns_at_most: 100.5 is finer than the smallest credit that is counted
                  help: credits have 0 decimals; see studio.credit.decimals
            --
        "#]],
    );
}

#[test]
fn nothing_is_granted_into_a_retired_bucket() {
    toml(
        &[r#"[studio]
name = "X"
[[bucket]]
id = "old"
retired = true
[[plan]]
id = "p"
monthly = { grants = [{ bucket = "old", credits = 5 }] }
[[pack]]
id = "k"
bucket = "old"
credits = 5
[[pack]]
id = "gone"
bucket = "old"
credits = 5
retired = true
"#],
        &expect![[r#"
            8:25 `bucket`
                  error: plan.p.monthly.grants[0]: bucket "old" is retired: it is kept for those who still hold credits in it
            11:1 `bucket`
                  error: pack.k: bucket "old" is retired: it is kept for those who still hold credits in it
            --
        "#]],
    );
}

#[test]
fn a_total_that_renewals_never_reach_is_noticed() {
    // Only of the first two plans.
    told(
        &[r#"[[plan]]
id = "adds-up"
monthly = { grants = [{ bucket = "base", credits = 100, rollover = { bucket = "base", total_at_most = 300 } }] }
[[plan]]
id = "one-cycle"
monthly.grants = [{ bucket = "base", credits = 9, rollover = { bucket = "base", carry_at_most = 5, total_at_most = 5, cycles = 1 } }]
[[plan]]
id = "less-than-its-quota"
monthly = { grants = [{ bucket = "base", credits = 100, rollover = { bucket = "base", total_at_most = 90 } }] }
[[plan]]
id = "three-cycles"
monthly = { grants = [{ bucket = "base", credits = 9, rollover = { bucket = "base", total_at_most = 30, cycles = 3 } }] }
[[plan]]
id = "bank"
monthly = { grants = [{ bucket = "base", credits = 100, rollover = { bucket = "kept", total_at_most = 300 } }] }
[[plan]]
id = "by-month"
annual.grants = [{ bucket = "base", credits = 9, upfront = false, rollover = { bucket = "base", total_at_most = 30 } }]
[[plan]]
id = "all-seats"
seats = { pool = "workspace" }
monthly.grants = [{ bucket = "base", credits = 9, per = "seat", rollover = { bucket = "base", total_at_most = 30 } }]"#],
        &expect![[r#"
            6:87 `total_at_most`
                  warning: plan.adds-up.monthly.grants[0].rollover.total_at_most: renewals never reach it: what they carry, 100 at most, lives for one cycle
                  help: say for how many cycles it lives (cycles = 3), or carry it into a bucket that keeps it
            9:100 `total_at_most`
                  warning: plan.one-cycle.monthly.grants[0].rollover.total_at_most: renewals never reach it: what they carry, 5 at most, lives for one cycle
                  help: say for how many cycles it lives (cycles = 3), or carry it into a bucket that keeps it
            --
        "#]],
    );
}

#[test]
fn credits_last_for_months_or_days_and_all_else_is_said_in_days() {
    told(
        &[
            r#"pack = [{ id = "k", bucket = "kept", credits = 5, expires = "P1M15D" }]"#,
            r#"pack = [{ id = "k", bucket = "kept", credits = 5, expires = { later_of_cycle_and = "P6MT1H" } }]"#,
            r#"pack = [{ id = "k", bucket = "kept", credits = 5, expires = "P0M" }]"#,
            r#"pack = [{ id = "k", bucket = "kept", credits = 5, expires = "P101Y" }]"#,
            r#"pack = [{ id = "k", bucket = "kept", credits = 5, expires = "12 months" }]"#,
            r#"pack = [{ id = "k", bucket = "kept", credits = 5, expires = { later_of_cycle_and = "1 year" } }]"#,
            r#"pack = [{ id = "k", bucket = "kept", credits = 5, expires = "90 days" }]"#,
            r#"policies.past_due_grace = "P1M""#,
        ],
        &expect![[r#"
            4:61 `"P1M15D"`
                  error: pack.k.expires: must be "never", "cycle" or a span of time
                  help: a century at most, in months and years ("P1Y6M") or in weeks, days and hours, not in both
            --
            4:84 `"P6MT1H"`
                  error: pack.k.expires.later_of_cycle_and: must be a span of time such as "P30D" or "P12M"
                  help: a century at most, in months and years ("P1Y6M") or in weeks, days and hours, not in both
            --
            4:61 `"P0M"`
                  error: pack.k.expires: must be "never", "cycle" or a span of time
                  help: a century at most, in months and years ("P1Y6M") or in weeks, days and hours, not in both
            --
            4:61 `"P101Y"`
                  error: pack.k.expires: must be "never", "cycle" or a span of time
                  help: a century at most, in months and years ("P1Y6M") or in weeks, days and hours, not in both
            --
            4:61 `"12 months"`
                  error: pack.k.expires: must be "never", "cycle" or a span of time
                  help: write "P12M"
            --
            4:84 `"1 year"`
                  error: pack.k.expires.later_of_cycle_and: must be a span of time such as "P30D" or "P12M"
                  help: write "P1Y"
            --
            4:61 `"90 days"`
                  error: pack.k.expires: must be "never", "cycle" or a span of time
                  help: write "P90D"
            --
            4:27 `"P1M"`
                  error: policies.past_due_grace: must be a span of time such as "PT15M" or "P30D"
                  help: years and months vary in length: say it in days, such as "P30D"
            --
        "#]],
    );
}

#[test]
fn what_comes_by_a_shorter_period_fits_into_the_cycle() {
    let plan = |terms: &str| format!("plan = [{{ id = \"p\", {terms} }}]");
    let files = [
        r#"monthly = { grants = [{ bucket = "base", credits = 5, every = "month" }] }"#,
        r#"weekly = { grants = [{ bucket = "base", credits = 5, every = "month" }] }"#,
        r#"daily = { grants = [{ bucket = "base", credits = 5, every = "week" }] }"#,
        r#"monthly = { grants = [{ bucket = "base", credits = 5, every = "30_days" }] }"#,
        r#"monthly = { grants = [{ bucket = "base", credits = 5, every = "daily" }] }"#,
        r#"monthly = { grants = [{ bucket = "base", credits = 5, every = "hour" }] }"#,
        r#"monthly = { grants = [{ bucket = "base", credits = 5, per = "day" }] }"#,
        r#"monthly = { grants = [{ bucket = "base", credits = 5, interval = "day" }] }"#,
        r#"monthly = { daily = 5, grants = [{ bucket = "base", credits = 5 }] }"#,
        r#"monthly = { grants = [{ bucket = "base", credits = 5, anchor = "calendar" }] }"#,
        r#"annual = { grants = [{ bucket = "base", credits = 5, every = "month", anchor = "calendar" }] }"#,
        r#"annual = { grants = [{ bucket = "base", credits = 5, every = "week", upfront = false }] }"#,
        r#"monthly = { anchor = "first_use", grants = [{ bucket = "base", credits = 5, every = "day" }] }"#,
        r#"monthly = { anchor = "first_use", grants = [{ bucket = "base", credits = 5, every = "day", anchor = "calendar", renewal = "add" }] }"#,
        r#"monthly = { grants = [{ bucket = "base", credits = 5 }] }, welcome = [{ bucket = "base", credits = 5, every = "day" }]"#,
    ];
    let files = files.map(plan);
    told(
        &files.each_ref().map(String::as_str),
        &expect![[r#"
            4:83 `"month"`
                  error: plan.p.monthly.grants[0].every: `monthly` comes each month already
                  help: leave `every` out: the grant comes with each cycle
            --
            4:82 `"month"`
                  error: plan.p.weekly.grants[0].every: a month does not fit into each cycle of `weekly`
                  help: what is shorter than the cycle: "day"
            --
            4:81 `"week"`
                  error: plan.p.daily.grants[0].every: a week does not fit into each cycle of `daily`
                  help: nothing comes more often than a day: leave `every` out
            --
            4:83 `"30_days"`
                  error: plan.p.monthly.grants[0].every: 30 days do not fit into each cycle of `monthly`
                  help: what is shorter than the cycle: "day", "week"
            --
            4:83 `"daily"`
                  error: plan.p.monthly.grants[0].every: must be one of "day", "week", "30_days", "month", not "daily"
                  help: did you mean "day"?
            --
            4:83 `"hour"`
                  error: plan.p.monthly.grants[0].every: must be one of "day", "week", "30_days", "month", not "hour"
            --
            4:81 `"day"`
                  error: plan.p.monthly.grants[0].per: must be one of "customer", "seat", not "day"
                  help: `per` says for whom; how often a grant comes is said by every = "day"
            --
            4:75 `interval`
                  error: plan.p.monthly.grants[0].interval: a grant has no key `interval`
                  help: how often it comes within the cycle is said by every = "day" (or "week", "30_days", "month")
            --
            4:33 `daily`
                  error: plan.p.monthly.daily: terms has no key `daily`
                  help: what comes more often than the cycle is a grant of it: grants = [{ bucket = "…", credits = 10, every = "day" }]
            --
            4:75 `anchor`
                  error: plan.p.monthly.grants[0].anchor: only what comes by a shorter period says what its periods begin with
                  help: leave `anchor` out; what cycles begin with is said by the terms: monthly = { anchor = "calendar", … }
            --
            4:91 `anchor`
                  error: plan.p.annual.grants[0].anchor: the months of a year begin with it
                  help: leave `anchor` out; what cycles begin with is said by the terms: monthly = { anchor = "calendar", … }
            --
            4:90 `upfront`
                  error: plan.p.annual.grants[0].upfront: `every` says already how often these credits come
                  help: leave `upfront` out
            --
            4:97 `every`
                  error: plan.p.monthly.grants[0].every: a shorter period does not wait for the first use as the cycle does
                  help: say what it begins with: anchor = "calendar" or "purchase"
            --
            4:133 `renewal`
                  error: plan.p.monthly.grants[0].renewal: a cycle that waits for its first use has no end until which this could add up
                  help: give it an end of its own: expires = "P30D", or "never"
            --
            4:123 `every`
                  error: plan.p.welcome[0].every: a one-time grant has no key `every`
                  help: it comes once; what comes again is granted by a plan
            --
        "#]],
    );
}

#[test]
fn grants_into_one_bucket_come_by_periods_of_their_own() {
    told(
        &[
            r#"plan = [{ id = "p", monthly = { grants = [{ bucket = "base", credits = 5, every = "day" }, { bucket = "base", credits = 1, every = "day" }] } }]"#,
            r#"plan = [{ id = "p", annual = { grants = [{ bucket = "base", credits = 5 }, { bucket = "base", credits = 1, every = "month" }] } }]"#,
            r#"plan = [{ id = "p", monthly = { grants = [{ bucket = "base", credits = 5 }, { bucket = "base", credits = 1, every = "day", renewal = "replenish" }] } }]"#,
            r#"plan = [{ id = "p", monthly = { grants = [{ bucket = "base", credits = 5, every = "day" }, { bucket = "kept", credits = 1, every = "day", anchor = "calendar" }] } }]"#,
            r#"plan = [{ id = "p", daily = { grants = [{ bucket = "base", credits = 5 }] }, monthly = { price = "5.00 usd", grants = [{ bucket = "kept", credits = 1 }] } }]"#,
        ],
        &expect![[r#"
            4:94 `bucket`
                  error: plan.p.monthly.grants[1]: there is already a grant into "base" each day
                  help: add the two up, or give one of them a bucket of its own
            --
            4:78 `bucket`
                  error: plan.p.annual.grants[1]: there is already a grant into "base"
                  help: add the two up, or give one of them a bucket of its own
            --
            4:124 `renewal`
                  error: plan.p.monthly.grants[1].renewal: it would fill up what another grant into "base" brings
                  help: give one of them a bucket of its own
            --
            4:94 `bucket`
                  warning: plan.p.monthly.grants[1]: what is left of these ends with each renewal, before "kept" says that they expire
                  help: renewal = "add" keeps them until then; renewal = "reset" says that this is meant
            4:139 `anchor`
                  error: plan.p.monthly.grants[1].anchor: another grant of the plan begins the same period otherwise
                  help: say the same `anchor` for all that comes by it
            --
            4:21 `daily`
                  warning: plan.p.daily: customers choose between `daily`, which costs nothing, and `monthly`
                  help: if both come together, write in `monthly`: grants = [{ …, every = "day" }]
            4:122 `bucket`
                  warning: plan.p.monthly.grants[0]: what is left of these ends with each renewal, before "kept" says that they expire
                  help: renewal = "add" keeps them until then; renewal = "reset" says that this is meant
            --
        "#]],
    );
}
