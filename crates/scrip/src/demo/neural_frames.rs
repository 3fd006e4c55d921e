//! Music videos by the second: prices by tool and model, tenths of a credit, storyboards.

use super::sample::{Customer, Job, Line, Sample, allowance, bought, job};

pub static SAMPLE: Sample = Sample {
    id: "neural-frames",
    name: "neural frames",
    catalog: include_str!("../../../../catalogs/neural-frames.toml"),
    customers: &[
        Customer {
            id: "velvet-antenna",
            name: "Velvet Antenna",
            email: "band@velvet.example",
            plan: None,
            grants: &[allowance("subscription", "4000"), bought("top_up", "1800", "40.00", 2)],
            members: &[],
        },
        Customer {
            id: "noor",
            name: "Noor Haddad",
            email: "noor@example.com",
            plan: None,
            grants: &[allowance("subscription", "2500")],
            members: &[],
        },
        Customer {
            id: "lo-fi-larry",
            name: "Larry Okafor",
            email: "larry@example.com",
            plan: None,
            grants: &[bought("top_up", "600", "15.00", 1)],
            members: &[],
        },
    ],
    jobs: &[
        Job {
            lines: &[job("text-to-video", Some("kling-2-1-standard"), &[("seconds", "5")])],
            measured: &[],
            minutes: 3,
        },
        Job { lines: &[job("frame-by-frame-image", None, &[("images", "4")])], measured: &[], minutes: 1 },
        Job {
            lines: &[
                Line {
                    tool: "autopilot",
                    model: Some("kling-2-1-standard"),
                    inputs: &[("seconds", "10")],
                    label: Some("intro"),
                },
                Line {
                    tool: "autopilot",
                    model: Some("seedance-v1-lite"),
                    inputs: &[("seconds", "20")],
                    label: Some("verse"),
                },
            ],
            measured: &[],
            minutes: 8,
        },
        Job { lines: &[job("frame-by-frame", None, &[("seconds", "48")])], measured: &[], minutes: 5 },
        Job { lines: &[job("text-to-video-image", None, &[("images", "3")])], measured: &[], minutes: 1 },
        Job {
            lines: &[job("text-to-video", Some("runway-gen-3-alpha"), &[("seconds", "10")])],
            measured: &[],
            minutes: 3,
        },
        Job { lines: &[job("frame-by-frame-image", None, &[("images", "9")])], measured: &[], minutes: 1 },
        Job { lines: &[job("autopilot", Some("kling-2-1-pro"), &[("seconds", "5")])], measured: &[], minutes: 4 },
    ],
    top_up: Some(bought("top_up", "600", "15.00", 0)),
};
