//! Surcharges, discounts and multipliers: options, channels, plans, hours of the day.

use super::{NoPrice, Values};
use crate::formula::Condition;
use crate::rational::Rational;

/// One step from a price to the next.
#[derive(Clone, Debug)]
pub(crate) struct Adjust {
    pub label: Option<String>,
    pub when: Option<Condition>,
    pub times: Option<Rational>,
    pub add: Rational,
    pub subtract: Rational,
    pub window: Option<Window>,
}

/// Times of the day and days of the week; a window over midnight belongs to the day it begins on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// Minutes of the day, from (included) and to (excluded).
    pub between: Option<(u16, u16)>,
    /// Monday first; empty is every day.
    pub days: Vec<u8>,
}

impl Adjust {
    pub fn apply(&self, price: Rational, values: Values<'_>) -> Result<Rational, NoPrice> {
        let holds = match &self.when {
            Some(condition) => condition.eval(values.slots)?,
            None => true,
        };
        if !holds || !self.window.as_ref().is_none_or(|window| window.contains(values)) {
            return Ok(price);
        }
        let price = self.times.map_or(Ok(price), |times| price.checked_mul(times))?;
        Ok(price.checked_add(self.add)?.checked_sub(self.subtract)?.max(Rational::ZERO))
    }

    pub fn label(&self) -> String {
        if let Some(label) = &self.label {
            return label.clone();
        }
        match (self.times, &self.when) {
            (Some(times), _) => format!("× {times}"),
            (None, Some(condition)) => condition.to_string(),
            (None, None) => "surcharge".to_owned(),
        }
    }
}

impl Window {
    /// Without knowing the time, no window holds.
    fn contains(&self, values: Values<'_>) -> bool {
        let Some((from, to)) = self.between else {
            return values.weekday.is_some_and(|day| self.on(day));
        };
        let Some(minute) = values.minute_of_day else { return false };
        let today = if from <= to { from <= minute && minute < to } else { from <= minute };
        let since_yesterday = to < from && minute < to;
        let days = self.days.is_empty();
        match values.weekday {
            Some(day) => today && self.on(day) || since_yesterday && self.on(if day == 1 { 7 } else { day - 1 }),
            None => days && (today || since_yesterday),
        }
    }

    fn on(&self, day: u8) -> bool {
        self.days.is_empty() || self.days.contains(&day)
    }
}
