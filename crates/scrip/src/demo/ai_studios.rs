//! A team with members, base and add-on credits, and a free quality beside a paid one.

use super::sample::{Customer, Job, Plan, Sample, Units, job, plan};

pub static SAMPLE: Sample = Sample {
    id: "ai-studios",
    name: "AI Studios",
    catalog: include_str!("../../../../catalogs/ai-studios.toml"),
    customers: &[
        Customer {
            id: "northwind-academy",
            name: "Northwind Academy",
            email: "media@northwind.example",
            plan: Some(Plan { id: "team", seats: Some(3), units: unit("team-unit", 6) }),
            grants: &[],
            members: &["ines", "oskar", "yuki"],
        },
        Customer {
            id: "paula",
            name: "Paula Meyer",
            email: "paula@example.com",
            plan: Some(Plan { id: "personal", seats: None, units: unit("personal-unit", 3) }),
            grants: &[],
            members: &[],
        },
        Customer {
            id: "free-rider",
            name: "Sam Free",
            email: "sam@example.com",
            plan: plan("free"),
            grants: &[],
            members: &[],
        },
    ],
    jobs: &[
        Job { lines: &[job("image-generator", None, &[("images", "2")])], measured: &[], minutes: 1 },
        Job { lines: &[job("video-generator", None, &[("seconds", "5")])], measured: &[], minutes: 3 },
        Job { lines: &[job("avatar-video", None, &[])], measured: &[], minutes: 4 },
        Job {
            lines: &[job("topic-to-video", None, &[("quality", "premium"), ("seconds", "6"), ("images", "3")])],
            measured: &[],
            minutes: 5,
        },
        Job { lines: &[job("ai-helper", None, &[("quality", "basic"), ("seconds", "6")])], measured: &[], minutes: 1 },
        Job { lines: &[job("docs-to-video", None, &[])], measured: &[], minutes: 3 },
        Job { lines: &[job("video-generator", None, &[("seconds", "8.2")])], measured: &[], minutes: 3 },
    ],
    top_up: None,
};

/// One unit of credits on top, which renews with the plan.
const fn unit(add_on: &'static str, day: u32) -> Option<Units> {
    Some(Units { add_on, units: 1, day })
}
