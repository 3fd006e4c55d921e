//! Seconds of footage from one monthly allowance: nothing can be bought when it is gone.

use super::sample::{Customer, Job, Sample, job, plan};

pub static SAMPLE: Sample = Sample {
    id: "flow-studio",
    name: "Autodesk Flow Studio",
    catalog: include_str!("../../../../catalogs/flow-studio.toml"),
    customers: &[
        Customer {
            id: "halide-pictures",
            name: "Halide Pictures",
            email: "post@halide.example",
            plan: plan("pro"),
            grants: &[],
            members: &[],
        },
        Customer {
            id: "jun",
            name: "Jun Sato",
            email: "jun@example.com",
            plan: plan("lite"),
            grants: &[],
            members: &[],
        },
    ],
    jobs: &[
        Job { lines: &[job("ai-mocap", None, &[("seconds", "45")])], measured: &[], minutes: 6 },
        Job { lines: &[job("live-action-easy", None, &[("seconds", "12")])], measured: &[], minutes: 12 },
        Job { lines: &[job("clean-plate", None, &[("seconds", "30.4")])], measured: &[], minutes: 5 },
        Job { lines: &[job("camera-track", None, &[("seconds", "30.4")])], measured: &[], minutes: 4 },
        Job { lines: &[job("live-action-advanced", None, &[("seconds", "8.5")])], measured: &[], minutes: 14 },
        Job { lines: &[job("animation-to-3d-scene", None, &[("seconds", "6")])], measured: &[], minutes: 10 },
    ],
    top_up: None,
};
