//! The product that sells credits, and how its credit is counted, named and shown.

use scrip_ledger::Span;
use scrip_ledger::id::Name;

use crate::rational::Rounding;
use crate::read::At;
use crate::report::Report;

/// The head of a catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Studio {
    pub name: String,
    /// The credit that prices are in unless a tool says otherwise.
    pub credit: CreditUnit,
    /// Further units beside the credit (minutes, downloads); each has buckets and tools of its own.
    pub other_units: Vec<CreditUnit>,
    /// May the rate card be read without a key?
    pub public_rate_card: bool,
    /// The day the prices were last reviewed, `2025-06-27`.
    pub last_updated: Option<String>,
    pub top_up_url: Option<String>,
    pub upgrade_url: Option<String>,
    /// How long a quoted price is promised.
    pub quote_ttl: Span,
    /// How long a hold lasts unless its tool or the request says otherwise.
    pub hold_ttl: Span,
    /// The zone in which calendar rules are read, `UTC`.
    pub zone: Name,
}

impl Studio {
    /// The credit or another unit by its id.
    pub fn unit(&self, id: &str) -> Option<&CreditUnit> {
        std::iter::once(&self.credit).chain(&self.other_units).find(|unit| unit.id.as_str() == id)
    }
}

/// A unit that wallets count in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditUnit {
    /// The currency of amounts in it; `credits` for the product's own credit.
    pub id: Name,
    /// One of it: `acorn`.
    pub name: String,
    /// Several of it: `acorns`.
    pub plural: String,
    pub symbol: Option<String>,
    /// Decimals that are charged and shown, 0 to 6.
    pub decimals: u8,
    /// How a price is brought to those decimals: once, on the total (MISSION A03).
    pub rounding: Rounding,
}

pub(crate) use scrip_ledger::policy::CREDITS;

pub(crate) fn read(root: &At<'_>, report: &Report<'_>) -> Studio {
    let missing = crate::file::Node { span: 0..0, value: crate::file::Tree::Table(Vec::new()) };
    let studio = root.get("studio").unwrap_or(At { node: &missing, path: "studio".to_owned() });
    let card = root.get("rate_card");
    let credit = studio.get("credit").unwrap_or(At { node: &missing, path: "studio.credit".to_owned() });
    Studio {
        name: studio.text("name").unwrap_or_default(),
        credit: read_unit(&credit, Name::from(CREDITS)),
        other_units: read_other_units(&studio, report),
        public_rate_card: card.as_ref().and_then(|card| card.bool("public")).unwrap_or(false),
        last_updated: card.and_then(|card| crate::read::date(card.get("last_updated")?.node)),
        top_up_url: studio.text("top_up_url"),
        upgrade_url: studio.text("upgrade_url"),
        quote_ttl: span_at_most(&studio, "quote_ttl", Span::from_days(1), report).unwrap_or(Span::from_minutes(15)),
        hold_ttl: span_at_most(&studio, "hold_ttl", HOLD_TTL_MAX, report).unwrap_or(Span::from_minutes(15)),
        zone: read_zone(&studio, report).unwrap_or(Name::from("UTC")),
    }
}

/// A zone of the IANA database, by its own spelling.
fn read_zone(studio: &At<'_>, report: &Report<'_>) -> Option<Name> {
    let place = studio.get("zone")?;
    let text = place.node.text()?;
    let zones = jiff::tz::TimeZoneDatabase::bundled();
    let known = zones.get(text).ok().filter(|zone| !zone.is_unknown());
    if let Some(name) = known.as_ref().and_then(|zone| zone.iana_name()) {
        return Some(Name::from(name));
    }
    let names: Vec<String> = zones.available().map(|name| name.to_string()).collect();
    // An abbreviation such as PST is nearer to others than to what it stands for.
    let close = crate::report::closest(text, names.iter().map(String::as_str)).filter(|_| 4 < text.len());
    let help = match close {
        Some(meant) => format!("did you mean \"{meant}\"?"),
        None => "an IANA time zone such as \"Europe/Vienna\"; \"UTC\" is the default".to_owned(),
    };
    report.error_help(place.span(), &place.path, format!("there is no time zone {text:?}"), help);
    None
}

/// A hold lasts a week at most.
pub(crate) const HOLD_TTL_MAX: Span = Span::from_days(7);

pub(crate) fn span_at_most(at: &At<'_>, key: &str, most: Span, report: &Report<'_>) -> Option<Span> {
    let span = at.span_of(key)?;
    if most < span {
        let place = at.get(key)?;
        report.error(place.span(), &place.path, format!("must not be longer than {} hours", most.secs() / 3_600));
    }
    Some(span)
}

fn read_other_units(studio: &At<'_>, report: &Report<'_>) -> Vec<CreditUnit> {
    let mut units: Vec<CreditUnit> = Vec::new();
    for at in studio.items("units") {
        let Some(id) = at.name("id") else { continue };
        if id.as_str() == CREDITS || units.iter().any(|unit| unit.id == id) {
            report.error(at.id_span(), &at.path, format!("there is already a unit \"{id}\""));
            continue;
        }
        units.push(read_unit(&at, id));
    }
    units
}

fn read_unit(at: &At<'_>, id: Name) -> CreditUnit {
    let name =
        at.text("name").unwrap_or_else(|| if id.as_str() == CREDITS { "credit".to_owned() } else { id.to_string() });
    CreditUnit {
        plural: at
            .text("plural")
            .unwrap_or_else(|| if id.as_str() == CREDITS { format!("{name}s") } else { name.clone() }),
        symbol: at.text("symbol"),
        decimals: at
            .integer("decimals")
            .and_then(|decimals| u8::try_from(decimals).ok())
            .filter(|d| *d <= 6)
            .unwrap_or(0),
        rounding: match at.word("rounding") {
            Some("up") => Rounding::Up,
            Some("down") => Rounding::Down,
            Some("exact") => Rounding::Exact,
            _ => Rounding::HalfUp,
        },
        name,
        id,
    }
}
