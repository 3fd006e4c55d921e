//! The catalogs of all studios, in memory: a request picks the version in force without waiting for anybody.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use jiff::tz::TimeZone;
use scrip_api::Code;
use scrip_catalog::{Catalog, Checked, Diagnostic, Facts};
use scrip_ledger::Timestamp;
use scrip_ledger::id::StudioId;
use scrip_store::{CatalogFormat, CatalogVersion, SettingError, Store, StoreError};

use crate::problem::Problem;

/// One published version, parsed when it is first used.
#[derive(Debug)]
pub struct Version {
    pub published: Arc<CatalogVersion>,
    parsed: OnceLock<Result<Parsed, String>>,
}

#[derive(Debug)]
struct Parsed {
    catalog: Arc<Catalog>,
    /// In which calendar rules and times of day are read.
    zone: TimeZone,
    /// The facts of the last minute that was asked for: most requests come in the same one.
    minute: ArcSwap<Minute>,
}

/// What prices may depend on beside the request: the time of day in the studio's zone.
#[derive(Debug)]
struct Minute {
    /// Since 1970.
    minute: i64,
    facts: Arc<Facts>,
}

impl Minute {
    fn of(zone: &TimeZone, minute: i64) -> Minute {
        let instant = jiff::Timestamp::from_second(minute * 60).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let local = instant.to_zoned(zone.clone());
        let minute_of_day = local.hour() as u16 * 60 + local.minute() as u16;
        let weekday = local.weekday().to_monday_one_offset() as u8;
        let facts = Facts { minute_of_day: Some(minute_of_day), weekday: Some(weekday), ..Facts::default() };
        Minute { minute, facts: Arc::new(facts) }
    }
}

impl Version {
    fn new(published: Arc<CatalogVersion>) -> Version {
        Version { published, parsed: OnceLock::new() }
    }

    pub fn number(&self) -> u32 {
        self.published.number
    }

    /// The catalog. It was checked when it was published; a release that reads it no longer says so here.
    pub fn catalog(&self) -> Result<&Arc<Catalog>, Problem> {
        self.parsed().map(|parsed| &parsed.catalog)
    }

    /// What prices of that time may depend on.
    pub(crate) fn facts(&self, at: Timestamp) -> Result<Arc<Facts>, Problem> {
        let parsed = self.parsed()?;
        let minute = at.micros().div_euclid(60_000_000);
        let last = parsed.minute.load();
        if last.minute == minute {
            return Ok(last.facts.clone());
        }
        let now = Minute::of(&parsed.zone, minute);
        let facts = now.facts.clone();
        parsed.minute.store(Arc::new(now));
        Ok(facts)
    }

    fn parsed(&self) -> Result<&Parsed, Problem> {
        let parsed = self.parsed.get_or_init(|| self.parse());
        parsed.as_ref().map_err(|reason| {
            let number = self.published.number;
            Problem::internal(format_args!("catalog version {number} can't be read any more: {reason}"))
        })
    }

    fn parse(&self) -> Result<Parsed, String> {
        let checked = parse(self.published.format, &self.published.source)
            .map_err(|diagnostics| diagnostics.first().map(Diagnostic::to_string).unwrap_or_default())?;
        let zone = &checked.catalog.studio().zone;
        let zone = TimeZone::get(zone).map_err(|_| format!("there is no time zone {zone}"))?;
        let minute = ArcSwap::from_pointee(Minute::of(&zone, 0));
        Ok(Parsed { catalog: Arc::new(checked.catalog), zone, minute })
    }
}

/// Is there such a time zone?
pub(crate) fn is_zone(name: &str) -> bool {
    TimeZone::get(name).is_ok()
}

/// Reads and checks a catalog file.
pub(crate) fn parse(format: CatalogFormat, source: &str) -> Result<Checked, Vec<Diagnostic>> {
    match format {
        CatalogFormat::Toml => Catalog::from_toml(source),
        CatalogFormat::Json => Catalog::from_json(source),
    }
}

/// The versions of one studio, by number.
type Versions = Arc<Vec<Arc<Version>>>;

/// What every studio has published.
#[derive(Default)]
pub struct Catalogs {
    studios: ArcSwap<BTreeMap<StudioId, Versions>>,
}

impl Catalogs {
    /// All that the store has.
    pub(crate) fn load(store: &Store) -> Catalogs {
        let of = |studio: StudioId| -> Versions {
            Arc::new(
                store.catalog_versions(studio).into_iter().map(|version| Arc::new(Version::new(version))).collect(),
            )
        };
        let studios = store.studios().into_iter().map(|studio| (studio.number, of(studio.number))).collect();
        Catalogs { studios: ArcSwap::from_pointee(studios) }
    }

    /// Gives the store the terms of versions that an earlier release published. A file that this release can't
    /// read any more is left without, and its studio with it: nothing is decided there.
    pub(crate) async fn fill_terms(&self, store: &Store) -> Result<(), StoreError> {
        let studios = self.studios.load_full();
        let lacking = studios.values().flat_map(|versions| versions.iter());
        for version in lacking.filter(|version| version.published.terms.is_none()) {
            let published = &version.published;
            let Ok(catalog) = version.catalog() else { continue };
            let terms = catalog.terms(published.number, published.effective_at);
            let filled = store.fill_terms(published.studio, published.number, terms).await;
            if let Err(SettingError::Store(error)) = filled {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Takes up what was published since.
    pub(crate) fn refresh(&self, store: &Store, studio: StudioId) {
        let published = store.catalog_versions(studio);
        self.studios.rcu(|studios| {
            let known = studios.get(&studio).cloned().unwrap_or_default();
            let version = |published: &Arc<CatalogVersion>| {
                let parsed = known.iter().find(|version| version.number() == published.number);
                parsed.cloned().unwrap_or_else(|| Arc::new(Version::new(published.clone())))
            };
            let mut studios = BTreeMap::clone(studios);
            studios.insert(studio, Arc::new(published.iter().map(version).collect()));
            studios
        });
    }

    /// All versions of a studio, by number.
    pub fn versions(&self, studio: StudioId) -> Versions {
        self.studios.load().get(&studio).cloned().unwrap_or_default()
    }

    pub fn version(&self, studio: StudioId, number: u32) -> Option<Arc<Version>> {
        self.studios.load().get(&studio)?.iter().find(|version| version.number() == number).cloned()
    }

    /// The version in force at that time; `None` while nothing has been published (API section 2).
    pub fn in_force(&self, studio: StudioId, at: Timestamp) -> Option<Arc<Version>> {
        let studios = self.studios.load();
        let versions = studios.get(&studio)?;
        let by_start = |version: &&Arc<Version>| (version.published.effective_at, version.number());
        let started = versions.iter().filter(|version| version.published.effective_at <= at).max_by_key(by_start);
        started.or(versions.first()).cloned()
    }

    /// The same, where an act can't do without. Refusal: `unpriced`.
    pub fn required(&self, studio: StudioId, at: Timestamp) -> Result<Arc<Version>, Problem> {
        self.in_force(studio, at).ok_or_else(|| {
            Problem::new(Code::Unpriced, "this studio has no catalog yet: POST /v1/catalog/versions publishes one")
        })
    }
}
