//! Plays random scripts, and makes one that fails short: leaves out what it fails without.

use crate::auditor::{Acted, Auditor, Disagreement};
use crate::script::Step;
use crate::workload::Workload;

/// Plays so many steps of a seed and shows each act to `look`.
///
/// If the ledgers disagree, answers the steps up to there, and how they differ.
pub fn play(
    seed: u64,
    steps: usize,
    mut look: impl FnMut(&Step, &Acted),
) -> Result<Auditor, (Vec<Step>, Disagreement)> {
    let mut workload = Workload::seeded(seed);
    let mut auditor = Auditor::default();
    let mut played = Vec::with_capacity(steps);
    while played.len() < steps {
        let step = workload.step();
        played.push(step.clone());
        match auditor.step(&step) {
            Ok(Some(acted)) => {
                workload.heard(acted.answered.outcome != "ok");
                look(&step, &acted);
            }
            Ok(None) => {}
            Err(disagreement) => return Err((played, disagreement)),
        }
    }
    Ok(auditor)
}

/// Why a script fails, if it does, and after how many steps.
pub fn failure(steps: &[Step]) -> Option<(usize, Disagreement)> {
    let mut auditor = Auditor::default();
    for (index, step) in steps.iter().enumerate() {
        if let Err(disagreement) = auditor.step(step) {
            return Some((index + 1, disagreement));
        }
    }
    None
}

/// The shortest script found that still fails, for whatever reason; the one given, if it does not fail.
pub fn shortest(steps: &[Step]) -> Vec<Step> {
    let mut best = steps.to_vec();
    if let Some((length, _)) = failure(&best) {
        best.truncate(length);
    }
    let mut size = best.len().div_ceil(2);
    while size > 0 {
        let mut shorter = false;
        let mut from = 0;
        while from < best.len() {
            let mut without = best.clone();
            without.drain(from..(from + size).min(best.len()));
            match failure(&without) {
                Some((length, _)) => {
                    without.truncate(length);
                    best = without;
                    shorter = true;
                }
                None => from += size,
            }
        }
        if size > 1 || !shorter {
            size /= 2;
        }
    }
    best
}

/// The script as a table, to be kept in `vectors/ledger` once its outcomes are written in.
pub fn written(steps: &[Step]) -> String {
    steps.iter().map(|step| format!("{step}\n")).collect()
}
