//! When what happens in a sample studio: a month of grants and jobs, the same every time.

use super::sample::{Grant, Job, Sample, Units};

pub const DAYS: u32 = 30;

/// How a job ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Succeeded,
    /// Hold and capture in one step.
    ChargedAtOnce,
    Failed,
    Moderated,
    /// So many of four were delivered.
    Partly(u64),
    /// The customer asks for half of it back.
    HalfRefunded,
    /// The product broke: all of it is given back.
    Refunded,
    Cancelled,
    /// Nobody came back: the hold expires.
    Forgotten,
    /// Under way when the history ends.
    Running,
}

pub struct Event {
    /// Minutes from the beginning.
    pub minute: u32,
    pub customer: usize,
    pub what: What,
}

pub enum What {
    Given { index: usize, grant: &'static Grant },
    Bought(Units),
    Asked { number: usize, job: &'static Job, ending: Ending, member: Option<&'static str> },
}

/// All events of a sample, in the order of time; the last jobs are still under way when it ends.
pub fn events(sample: &'static Sample) -> Vec<Event> {
    let mut events = grants(sample);
    events.extend(units(sample));
    events.extend(jobs(sample));
    events.sort_by_key(|event| event.minute);
    events
}

fn grants(sample: &'static Sample) -> Vec<Event> {
    let of_customer = |(customer, grants): (usize, &'static [Grant])| {
        grants.iter().enumerate().map(move |(index, grant)| Event {
            minute: grant.day * 24 * 60 + 7 * 60,
            customer,
            what: What::Given { index, grant },
        })
    };
    sample.customers.iter().map(|customer| customer.grants).enumerate().flat_map(of_customer).collect()
}

fn units(sample: &'static Sample) -> impl Iterator<Item = Event> {
    sample.customers.iter().enumerate().filter_map(|(customer, who)| {
        let units = who.plan.as_ref()?.units?;
        Some(Event { minute: units.day * 24 * 60 + 7 * 60, customer, what: What::Bought(units) })
    })
}

/// Some days are busy and some quiet, each customer differently; nobody works before eight.
fn jobs(sample: &'static Sample) -> Vec<Event> {
    let mut events = Vec::new();
    for day in 0..DAYS {
        for (customer, who) in sample.customers.iter().enumerate() {
            let jobs_today = (day as usize * 2 + customer * 5) % 4;
            for nth in 0..jobs_today {
                let number = events.len();
                let minute_of_day = 8 * 60 + (customer * 131 + day as usize * 53 + nth * 217) % (11 * 60);
                let member = (!who.members.is_empty()).then(|| who.members[number % who.members.len()]);
                let job = &sample.jobs[(day as usize * 3 + customer * 2 + nth) % sample.jobs.len()];
                events.push(Event {
                    minute: day * 24 * 60 + minute_of_day as u32,
                    customer,
                    what: What::Asked { number, job, ending: ending(number, job), member },
                });
            }
        }
    }
    events.push(running(sample, events.len()));
    events
}

/// Most jobs succeed.
fn ending(number: usize, job: &Job) -> Ending {
    let several_lines = job.lines.len() > 1;
    match number % 23 {
        3 => Ending::Failed,
        6 if job.measured.is_empty() && !several_lines => Ending::ChargedAtOnce,
        8 if job.measured.is_empty() && !several_lines => Ending::Partly(3),
        11 if !several_lines => Ending::HalfRefunded,
        14 => Ending::Forgotten,
        16 => Ending::Cancelled,
        18 => Ending::Refunded,
        20 if !several_lines => Ending::Moderated,
        _ => Ending::Succeeded,
    }
}

fn running(sample: &'static Sample, number: usize) -> Event {
    let member = sample.customers[0].members.first().copied();
    let job = &sample.jobs[0];
    Event {
        minute: DAYS * 24 * 60 - 2,
        customer: 0,
        what: What::Asked { number, job, ending: Ending::Running, member },
    }
}
