//! A fixed price per call over some sixty models, in three buckets.

use super::sample::{Customer, Grant, Job, Line, Sample, bought, job, plan};

pub static SAMPLE: Sample = Sample {
    id: "wzrd-studio",
    name: "WZRD Studio",
    catalog: include_str!("../../../../catalogs/wzrd-studio.toml"),
    customers: &[
        Customer {
            id: "mira",
            name: "Mira Lindqvist",
            email: "mira@example.com",
            plan: plan("pro"),
            grants: &[carried("340")],
            members: &[],
        },
        Customer {
            id: "big-tent",
            name: "Big Tent Collective",
            email: "hello@bigtent.example",
            plan: plan("business"),
            grants: &[bought("top_up", "550", "50.00", 5)],
            members: &["abel", "chidi"],
        },
        Customer {
            id: "newcomer",
            name: "Priya Nair",
            email: "priya@example.com",
            plan: plan("free"),
            grants: &[],
            members: &[],
        },
    ],
    jobs: &[
        Job { lines: &[job("image", None, &[])], measured: &[], minutes: 1 },
        Job {
            lines: &[job("video", Some("fal-ai/kling-video/o3/standard/text-to-video"), &[])],
            measured: &[],
            minutes: 2,
        },
        Job { lines: &[job("image", Some("fal-ai/flux-2-max"), &[])], measured: &[], minutes: 1 },
        Job {
            lines: &[job("text-to-speech", Some("fal-ai/minimax/speech-2.8-turbo"), &[])],
            measured: &[],
            minutes: 1,
        },
        Job {
            lines: &[
                Line { tool: "shot-image", model: None, inputs: &[], label: Some("shot 1") },
                Line { tool: "shot-video", model: None, inputs: &[], label: Some("shot 1") },
                Line { tool: "shot-image", model: None, inputs: &[], label: Some("shot 2") },
            ],
            measured: &[],
            minutes: 5,
        },
        Job { lines: &[job("music", Some("fal-ai/lyria2"), &[])], measured: &[], minutes: 1 },
        Job { lines: &[job("video", Some("fal-ai/ltx-video"), &[])], measured: &[], minutes: 1 },
        Job { lines: &[job("directors-cut", None, &[])], measured: &[], minutes: 3 },
        Job { lines: &[job("image", Some("gmi/seedream-5.0-lite"), &[])], measured: &[], minutes: 1 },
    ],
    top_up: Some(bought("top_up", "100", "10.00", 0)),
};

/// What was left of the month before.
const fn carried(amount: &'static str) -> Grant {
    Grant { bucket: "rollover", amount, day: 0, expires_after_days: None, paid: None, reason: "left of last month" }
}
