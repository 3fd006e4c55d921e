//! The books of studios: what each version of a catalog sells and grants, kept beside its text, so that wallets can
//! be decided without reading a catalog.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::params;
use scrip_ledger::book::{Book, Terms};
use scrip_ledger::id::StudioId;

use crate::bytes;
use crate::embedded::settings::{Draft, Settings};
use crate::error::{SettingError, StoreError};
use crate::journal;
use crate::settings::CatalogVersion;

/// A studio's book.
#[derive(Clone)]
pub(crate) enum Known {
    Whole(Arc<Book>),
    /// This version was published before terms were kept: nothing is decided until they are filled in.
    Lacking {
        version: u32,
    },
}

/// The book of these versions.
fn book_of(versions: &[Arc<CatalogVersion>]) -> Known {
    let mut terms = Vec::with_capacity(versions.len());
    for version in versions {
        match &version.terms {
            Some(known) => terms.push(known.clone()),
            None => return Known::Lacking { version: version.number },
        }
    }
    Known::Whole(Arc::new(Book::new(terms)))
}

/// Terms as the column has them.
pub(super) fn decode(bytes: &[u8]) -> Result<Terms, StoreError> {
    minicbor::decode(bytes).map_err(|error| StoreError::Corrupt {
        reason: format!(
            "{} holds terms of a catalog that cannot be decoded ({error}): restore the last backup",
            journal::FILE_NAME
        ),
    })
}

pub(super) fn encode(terms: &Terms) -> Vec<u8> {
    let mut encoded = Vec::new();
    bytes::append(terms, &mut encoded);
    encoded
}

impl Settings {
    /// All that this studio ever published; nothing for a studio that published nothing.
    ///
    /// Error: `Unavailable` while a version's terms are not known.
    pub(crate) fn book(&self, studio: StudioId) -> Result<Arc<Book>, StoreError> {
        match self.books.get(&studio) {
            None => Ok(Arc::default()),
            Some(Known::Whole(book)) => Ok(book.clone()),
            Some(Known::Lacking { version }) => Err(StoreError::Unavailable {
                reason: format!(
                    "what version {version} of the catalog of studio {} sells is not known yet; it is read from the \
                     catalog when the server starts",
                    studio.0
                ),
            }),
        }
    }

    pub(super) fn remake_book(&mut self, studio: StudioId) {
        let versions = self.catalogs.get(&studio).map(Vec::as_slice).unwrap_or_default();
        self.books.insert(studio, book_of(versions));
    }

    pub(super) fn remake_books(&mut self) {
        let books: BTreeMap<StudioId, Known> =
            self.catalogs.iter().map(|(studio, versions)| (*studio, book_of(versions))).collect();
        self.books = books;
    }
}

impl Draft<'_> {
    /// Keeps the terms of a version that has none; those that are known stay.
    ///
    /// Error: `NotFound` (the version).
    pub(crate) fn fill_terms(
        &mut self,
        studio: StudioId,
        number: u32,
        mut terms: Terms,
    ) -> Result<CatalogVersion, SettingError> {
        let versions = self.settings.catalogs.get_mut(&studio).ok_or(SettingError::NotFound)?;
        let version = versions.iter_mut().find(|version| version.number == number).ok_or(SettingError::NotFound)?;
        if version.terms.is_some() {
            return Ok(CatalogVersion::clone(version));
        }
        (terms.version, terms.effective_at) = (number, version.effective_at);
        self.db
            .prepare_cached("UPDATE catalog_versions SET terms = ?3 WHERE studio = ?1 AND number = ?2")?
            .execute(params![studio.0, number, encode(&terms)])?;
        let filled = CatalogVersion { terms: Some(Arc::new(terms)), ..CatalogVersion::clone(version) };
        *version = Arc::new(filled.clone());
        self.settings.remake_book(studio);
        Ok(filled)
    }
}
