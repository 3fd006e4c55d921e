//! What a sample studio is made of: its catalog, its customers, and the jobs that they run.

use super::{ai_studios, flow_studio, neural_frames, studiotwin, wzrd_studio};

/// The five products of the catalogs folder.
pub const SAMPLES: [&Sample; 5] =
    [&studiotwin::SAMPLE, &neural_frames::SAMPLE, &flow_studio::SAMPLE, &ai_studios::SAMPLE, &wzrd_studio::SAMPLE];

pub struct Sample {
    /// Id of the studio.
    pub id: &'static str,
    pub name: &'static str,
    /// The catalog file as it stands in `catalogs/`.
    pub catalog: &'static str,
    pub customers: &'static [Customer],
    /// Run by the customers in turn.
    pub jobs: &'static [Job],
    /// What customers buy when their credits run out; `None` where nothing can be bought.
    pub top_up: Option<Grant>,
}

pub struct Customer {
    pub id: &'static str,
    pub name: &'static str,
    pub email: &'static str,
    /// The plan that it has from the beginning.
    pub plan: Option<Plan>,
    pub grants: &'static [Grant],
    /// People of a team, who run the jobs in turn; none for a single person.
    pub members: &'static [&'static str],
}

/// A plan, by the month, and what is bought on top of it.
#[derive(Clone, Copy)]
pub struct Plan {
    pub id: &'static str,
    /// `None` where it is not sold by seat; else each member has one.
    pub seats: Option<u32>,
    pub units: Option<Units>,
}

#[derive(Clone, Copy)]
pub struct Units {
    pub add_on: &'static str,
    pub units: u32,
    /// When they are bought, in days from the beginning of the history.
    pub day: u32,
}

/// A plan for one person.
pub const fn plan(id: &'static str) -> Option<Plan> {
    Some(Plan { id, seats: None, units: None })
}

#[derive(Clone, Copy)]
pub struct Grant {
    pub bucket: &'static str,
    pub amount: &'static str,
    /// When it is given, in days from the beginning of the history.
    pub day: u32,
    pub expires_after_days: Option<u32>,
    /// Dollars paid for it.
    pub paid: Option<&'static str>,
    pub reason: &'static str,
}

pub struct Job {
    /// One line for most jobs, several for a storyboard: all are held at once and captured one by one.
    pub lines: &'static [Line],
    /// What is measured when it has succeeded, where the request left an input open.
    pub measured: &'static [(&'static str, &'static str)],
    /// How long it takes.
    pub minutes: u32,
}

pub struct Line {
    pub tool: &'static str,
    pub model: Option<&'static str>,
    pub inputs: &'static [(&'static str, &'static str)],
    pub label: Option<&'static str>,
}

/// A job of one line whose price is known before.
pub const fn job(
    tool: &'static str,
    model: Option<&'static str>,
    inputs: &'static [(&'static str, &'static str)],
) -> Line {
    Line { tool, model, inputs, label: None }
}

/// A monthly allowance: given at the beginning, gone a month later.
pub const fn allowance(bucket: &'static str, amount: &'static str) -> Grant {
    Grant { bucket, amount, day: 0, expires_after_days: Some(31), paid: None, reason: "monthly allowance" }
}

/// Credits that were bought and never expire.
pub const fn bought(bucket: &'static str, amount: &'static str, dollars: &'static str, day: u32) -> Grant {
    Grant { bucket, amount, day, expires_after_days: None, paid: Some(dollars), reason: "credit pack" }
}
