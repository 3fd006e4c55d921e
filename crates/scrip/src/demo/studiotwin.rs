//! Characters, materials and sounds: formulas, and durations that are known only afterwards.

use super::sample::{Customer, Job, Sample, allowance, bought, job};

pub static SAMPLE: Sample = Sample {
    id: "studiotwin",
    name: "StudioTwin",
    catalog: include_str!("../../../../catalogs/studiotwin.toml"),
    customers: &[
        Customer {
            id: "ada",
            name: "Ada Brandt",
            email: "ada@example.com",
            plan: None,
            grants: &[allowance("subscription", "600"), bought("top_up", "250", "25.00", 4)],
            members: &[],
        },
        Customer {
            id: "kestrel-games",
            name: "Kestrel Games",
            email: "art@kestrel.example",
            plan: None,
            grants: &[allowance("subscription", "900")],
            members: &[],
        },
        Customer {
            id: "tomas",
            name: "Tomás Vidal",
            email: "tomas@example.com",
            plan: None,
            grants: &[bought("top_up", "120", "12.00", 0)],
            members: &[],
        },
    ],
    jobs: &[
        Job { lines: &[job("text-to-motion", Some("kimodo"), &[("actions", "3")])], measured: &[], minutes: 2 },
        Job { lines: &[job("text-to-sound-effect", None, &[])], measured: &[("seconds", "12.3")], minutes: 1 },
        Job {
            lines: &[job("text-to-material", None, &[("width", "1024"), ("height", "1024"), ("upscale", "2")])],
            measured: &[],
            minutes: 1,
        },
        Job { lines: &[job("image-to-3d-mesh", Some("tripo3d-v3"), &[])], measured: &[], minutes: 4 },
        Job { lines: &[job("text-to-sound-effect", None, &[("seconds", "7.5")])], measured: &[], minutes: 1 },
        Job { lines: &[job("text-to-environment-map", None, &[])], measured: &[], minutes: 2 },
        Job { lines: &[job("text-to-motion", Some("hy-motion-1-0"), &[("actions", "1")])], measured: &[], minutes: 1 },
        Job {
            lines: &[job("image-to-material", None, &[("width", "768"), ("height", "768"), ("upscale", "1")])],
            measured: &[],
            minutes: 1,
        },
        Job { lines: &[job("environment-map-to-world", None, &[])], measured: &[], minutes: 6 },
        Job { lines: &[job("motion-edit", None, &[])], measured: &[], minutes: 1 },
        Job { lines: &[job("text-to-sound-effect", None, &[])], measured: &[("seconds", "29.2")], minutes: 1 },
    ],
    top_up: Some(bought("top_up", "250", "25.00", 0)),
};
