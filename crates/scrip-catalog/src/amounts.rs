//! Amounts of a catalog must be countable in the unit they are in.

use scrip_ledger::Credits;

use crate::read::At;
use crate::report::Report;
use crate::studio::CreditUnit;

/// Reports an amount that has more decimals than its unit.
pub(crate) fn fits(at: &At<'_>, key: &str, amount: Credits, unit: &CreditUnit, report: &Report<'_>) {
    if amount.fits_decimals(unit.decimals) {
        return;
    }
    let Some(place) = at.get(key) else { return };
    report.error_help(
        place.span(),
        &place.path,
        format!("{amount} is finer than the smallest {} that is counted", unit.name),
        decimals_of(unit),
    );
}

/// "acorns have 1 decimal; see …"
pub(crate) fn decimals_of(unit: &CreditUnit) -> String {
    let s = if unit.decimals == 1 { "" } else { "s" };
    format!("{} have {} decimal{s}; see studio.credit.decimals", unit.plural, unit.decimals)
}
