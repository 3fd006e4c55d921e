//! A team with members, base and add-on credits, and a free quality beside a paid one.

use super::sample::{Customer, Grant, Job, Sample, allowance, job};

pub static SAMPLE: Sample = Sample {
    id: "ai-studios",
    name: "AI Studios",
    catalog: include_str!("../../../../catalogs/ai-studios.toml"),
    customers: &[
        Customer {
            id: "northwind-academy",
            name: "Northwind Academy",
            email: "media@northwind.example",
            grants: &[allowance("base", "450"), unit("200", "30.00", 6)],
            members: &["ines", "oskar", "yuki"],
        },
        Customer {
            id: "paula",
            name: "Paula Meyer",
            email: "paula@example.com",
            grants: &[allowance("base", "60"), unit("60", "10.00", 3)],
            members: &[],
        },
        Customer {
            id: "free-rider",
            name: "Sam Free",
            email: "sam@example.com",
            grants: &[allowance("base", "16")],
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

/// A unit of add-on credits: it expires with the base credits.
const fn unit(amount: &'static str, dollars: &'static str, day: u32) -> Grant {
    Grant {
        bucket: "add_on",
        amount,
        day,
        expires_after_days: Some(31 - day),
        paid: Some(dollars),
        reason: "add-on unit",
    }
}
