//! Settings in memory and in tables of the journal's file.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use scrip_ledger::id::{Fingerprint, Name, RequestKey, StudioId};
use scrip_ledger::time::{Span, Timestamp};

use crate::error::{SettingError, StoreError};
use crate::settings::{
    ApiKey, CatalogFormat, CatalogNew, CatalogVersion, KeyNew, Setting, SettingRequest, Studio, StudioMode, StudioNew,
};

pub(crate) mod books;

/// All settings, as they are committed. Replaced as a whole; readers keep the one they took.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) studios: BTreeMap<StudioId, Arc<Studio>>,
    pub(crate) named: BTreeMap<Name, StudioId>,
    pub(crate) keys: BTreeMap<[u8; 32], Arc<ApiKey>>,
    pub(crate) catalogs: BTreeMap<StudioId, Vec<Arc<CatalogVersion>>>,
    pub(crate) secrets: BTreeMap<String, [u8; 32]>,
    /// What each studio sells and grants, for what its wallets do by themselves.
    books: BTreeMap<StudioId, books::Known>,
}

/// Settings requests are remembered this long.
const REQUESTS_KEPT: Span = Span::from_days(30);

impl Settings {
    pub(crate) fn load(db: &Connection) -> Result<Settings, StoreError> {
        let mut settings = Settings::default();
        let mut statement = db.prepare("SELECT number, id, name, mode, created_at, test_now FROM studios")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let mode = if row.get_ref(3)?.as_str() == Ok("live") { StudioMode::Live } else { StudioMode::Test };
            settings.put_studio(Studio {
                number: StudioId(row.get(0)?),
                id: Name::from(row.get::<_, String>(1)?),
                name: row.get(2)?,
                mode,
                created_at: Timestamp::from_micros(row.get(4)?),
                test_now: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_micros),
            });
        }
        settings.load_keys(db)?;
        settings.load_catalogs(db)?;
        let mut statement = db.prepare("SELECT name, bytes FROM secrets")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            settings.secrets.insert(row.get(0)?, row.get(1)?);
        }
        Ok(settings)
    }

    fn load_keys(&mut self, db: &Connection) -> Result<(), StoreError> {
        let mut statement =
            db.prepare("SELECT id, studio, name, hash, scopes, created_at, expires_at, revoked_at FROM api_keys")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let key = ApiKey {
                id: Name::from(row.get::<_, String>(0)?),
                studio: StudioId(row.get(1)?),
                name: row.get(2)?,
                hash: row.get(3)?,
                scopes: row.get::<_, String>(4)?.split(' ').filter(|scope| !scope.is_empty()).map(Name::from).collect(),
                created_at: Timestamp::from_micros(row.get(5)?),
                expires_at: row.get::<_, Option<i64>>(6)?.map(Timestamp::from_micros),
                revoked_at: row.get::<_, Option<i64>>(7)?.map(Timestamp::from_micros),
            };
            self.keys.insert(key.hash, Arc::new(key));
        }
        Ok(())
    }

    fn load_catalogs(&mut self, db: &Connection) -> Result<(), StoreError> {
        let mut statement = db.prepare(
            "SELECT studio, number, effective_at, created_at, format, source, terms, position
             FROM catalog_versions
             ORDER BY studio, number",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let format = if row.get_ref(4)?.as_str() == Ok("json") { CatalogFormat::Json } else { CatalogFormat::Toml };
            let terms = row.get_ref(6)?.as_blob_or_null().map_err(rusqlite::Error::from)?;
            let version = CatalogVersion {
                studio: StudioId(row.get(0)?),
                number: row.get(1)?,
                effective_at: Timestamp::from_micros(row.get(2)?),
                created_at: Timestamp::from_micros(row.get(3)?),
                format,
                source: Arc::from(row.get::<_, String>(5)?),
                published_after: row.get::<_, Option<i64>>(7)?.map_or(0, i64::unsigned_abs),
                terms: terms.map(books::decode).transpose()?.map(Arc::new),
            };
            self.catalogs.entry(version.studio).or_default().push(Arc::new(version));
        }
        self.remake_books();
        Ok(())
    }

    fn put_studio(&mut self, studio: Studio) {
        self.named.insert(studio.id.clone(), studio.number);
        self.studios.insert(studio.number, Arc::new(studio));
    }

    /// The studio's now; a studio that nobody made has the machine's time.
    pub(crate) fn now(&self, studio: StudioId, machine: Timestamp) -> Timestamp {
        self.studios.get(&studio).and_then(|studio| studio.test_now).unwrap_or(machine)
    }

    /// The studio's keys, oldest first.
    pub(crate) fn keys_of(&self, studio: StudioId) -> Vec<Arc<ApiKey>> {
        let mut keys: Vec<_> = self.keys.values().filter(|key| key.studio == studio).cloned().collect();
        keys.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        keys
    }

    fn studio(&self, number: StudioId) -> Result<&Arc<Studio>, SettingError> {
        self.studios.get(&number).ok_or(SettingError::NotFound)
    }
}

/// Where a setting is written: the writer's transaction, the settings as they will be, and the time.
pub(crate) struct Draft<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) settings: &'a mut Settings,
    pub(crate) machine_now: Timestamp,
    /// The last batch of the journal.
    pub(crate) position: u64,
}

impl Draft<'_> {
    /// Writes a setting once: asked again under its key, it answers what it answered.
    pub(crate) fn once<T>(
        &mut self,
        request: Option<SettingRequest<T>>,
        write: impl FnOnce(&mut Self) -> Result<T, SettingError>,
    ) -> Result<Setting<T>, SettingError> {
        if let Some(request) = &request
            && let Some(reply) = remembered(self.db, request.key, request.fingerprint)?
        {
            return Ok(Setting::Replayed(reply));
        }
        let done = write(self)?;
        if let Some(request) = request {
            let reply = (request.reply)(&done);
            self.db
                .prepare_cached("INSERT INTO setting_requests (key, fingerprint, at, reply) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![
                    request.key.0.to_be_bytes(),
                    request.fingerprint.0.to_be_bytes(),
                    self.machine_now.micros(),
                    reply
                ])?;
        }
        Ok(Setting::Done(done))
    }

    pub(crate) fn create_studio(&mut self, new: StudioNew, first_key: Option<KeyNew>) -> Result<Studio, SettingError> {
        if self.settings.named.contains_key(&new.id) {
            return Err(SettingError::AlreadyExists);
        }
        if first_key.as_ref().is_some_and(|key| self.has_key(key)) {
            return Err(SettingError::AlreadyExists);
        }
        let number = StudioId(self.settings.studios.keys().next_back().map_or(1, |last| last.0 + 1));
        let studio =
            Studio { number, id: new.id, name: new.name, mode: new.mode, created_at: self.machine_now, test_now: None };
        self.db
            .prepare_cached("INSERT INTO studios (number, id, name, mode, created_at) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![
                number.0,
                studio.id.as_str(),
                studio.name,
                studio.mode.as_str(),
                studio.created_at.micros()
            ])?;
        self.settings.put_studio(studio.clone());
        if let Some(key) = first_key {
            self.create_key(number, key)?;
        }
        Ok(studio)
    }

    fn has_key(&self, new: &KeyNew) -> bool {
        self.settings.keys.contains_key(&new.hash) || self.settings.keys.values().any(|key| key.id == new.id)
    }

    pub(crate) fn create_key(&mut self, studio: StudioId, new: KeyNew) -> Result<ApiKey, SettingError> {
        self.settings.studio(studio)?;
        if self.has_key(&new) {
            return Err(SettingError::AlreadyExists);
        }
        let key = ApiKey {
            id: new.id,
            studio,
            name: new.name,
            hash: new.hash,
            scopes: new.scopes,
            created_at: self.settings.now(studio, self.machine_now),
            expires_at: new.expires_at,
            revoked_at: None,
        };
        let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
        self.db
            .prepare_cached(
                "INSERT INTO api_keys (id, studio, name, hash, scopes, created_at, expires_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                key.id.as_str(),
                studio.0,
                key.name,
                key.hash,
                scopes.join(" "),
                key.created_at.micros(),
                key.expires_at.map(Timestamp::micros)
            ])?;
        self.settings.keys.insert(key.hash, Arc::new(key.clone()));
        Ok(key)
    }

    pub(crate) fn revoke_key(&mut self, studio: StudioId, id: &Name) -> Result<ApiKey, SettingError> {
        let found = self.settings.keys.values().find(|key| key.studio == studio && key.id == *id);
        let mut key = ApiKey::clone(found.ok_or(SettingError::NotFound)?);
        if key.revoked_at.is_none() {
            key.revoked_at = Some(self.settings.now(studio, self.machine_now));
            self.db
                .prepare_cached("UPDATE api_keys SET revoked_at = ?2 WHERE id = ?1")?
                .execute(params![id.as_str(), key.revoked_at.map(Timestamp::micros)])?;
            self.settings.keys.insert(key.hash, Arc::new(key.clone()));
        }
        Ok(key)
    }

    pub(crate) fn publish_catalog(
        &mut self,
        studio: StudioId,
        new: CatalogNew,
    ) -> Result<CatalogVersion, SettingError> {
        self.settings.studio(studio)?;
        let now = self.settings.now(studio, self.machine_now);
        let effective_at = new.effective_at.unwrap_or(now);
        if effective_at < now {
            return Err(SettingError::EffectiveInPast { now });
        }
        let versions = self.settings.catalogs.entry(studio).or_default();
        let number = versions.last().map_or(1, |last| last.number + 1);
        let mut terms = new.terms;
        (terms.version, terms.effective_at) = (number, effective_at);
        let version = CatalogVersion {
            studio,
            number,
            effective_at,
            created_at: now,
            format: new.format,
            source: new.source,
            published_after: self.position,
            terms: Some(Arc::new(terms)),
        };
        self.db
            .prepare_cached(
                "INSERT INTO catalog_versions (studio, number, effective_at, created_at, format, source, terms, position)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                studio.0,
                number,
                effective_at.micros(),
                now.micros(),
                version.format.as_str(),
                &*version.source,
                version.terms.as_deref().map(books::encode),
                self.position as i64,
            ])?;
        versions.push(Arc::new(version.clone()));
        self.settings.remake_book(studio);
        Ok(version)
    }

    pub(crate) fn secret(&mut self, name: &str) -> Result<[u8; 32], StoreError> {
        if let Some(secret) = self.settings.secrets.get(name) {
            return Ok(*secret);
        }
        let mut bytes = [0u8; 32];
        getrandom::fill(&mut bytes).map_err(|error| StoreError::Unavailable { reason: error.to_string() })?;
        self.db.prepare_cached("INSERT INTO secrets (name, bytes) VALUES (?1, ?2)")?.execute(params![name, bytes])?;
        self.settings.secrets.insert(name.to_owned(), bytes);
        Ok(bytes)
    }

    /// Writes where a test studio's clock stands.
    pub(crate) fn set_clock(&mut self, studio: StudioId, to: Timestamp) -> Result<(), StoreError> {
        if let Some(found) = self.settings.studios.get(&studio) {
            let moved = Studio { test_now: Some(to), ..Studio::clone(found) };
            self.db
                .prepare_cached("UPDATE studios SET test_now = ?2 WHERE number = ?1")?
                .execute(params![studio.0, to.micros()])?;
            self.settings.put_studio(moved);
        }
        Ok(())
    }
}

/// What was answered under this key.
pub(crate) fn remembered(
    db: &Connection,
    key: RequestKey,
    fingerprint: Fingerprint,
) -> Result<Option<String>, SettingError> {
    let found: Option<([u8; 16], String)> = db
        .prepare_cached("SELECT fingerprint, reply FROM setting_requests WHERE key = ?1")?
        .query_row([key.0.to_be_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match found {
        None => Ok(None),
        Some((print, reply)) if print == fingerprint.0.to_be_bytes() => Ok(Some(reply)),
        Some(_) => Err(SettingError::KeyReused),
    }
}

/// Forgets settings requests that are old; done once at each start.
pub(crate) fn forget_old_requests(db: &Connection, now: Timestamp) -> Result<(), StoreError> {
    let before = now.micros().saturating_sub(REQUESTS_KEPT.micros() as i64);
    db.execute("DELETE FROM setting_requests WHERE at < ?1", [before])?;
    Ok(())
}
