-- The journal and the settings. Forward only: a later release adds, and never changes what is written.

-- One row per committed batch: all that is true about credits.
CREATE TABLE batches (
    position INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,  -- microseconds since 1970, the machine's clock
    format   INTEGER NOT NULL,
    checksum BLOB    NOT NULL,  -- SHA-256, chained to the row before
    records  BLOB    NOT NULL   -- CBOR sequence of records
) STRICT;

CREATE TABLE studios (
    number     INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    mode       TEXT    NOT NULL CHECK (mode IN ('live', 'test')),
    created_at INTEGER NOT NULL,
    test_now   INTEGER
) STRICT;

CREATE TABLE api_keys (
    id         TEXT    PRIMARY KEY,
    studio     INTEGER NOT NULL REFERENCES studios (number),
    name       TEXT    NOT NULL,
    hash       BLOB    NOT NULL UNIQUE,
    scopes     TEXT    NOT NULL,  -- separated by spaces
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT;

CREATE TABLE catalog_versions (
    studio       INTEGER NOT NULL REFERENCES studios (number),
    number       INTEGER NOT NULL,
    effective_at INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    format       TEXT    NOT NULL CHECK (format IN ('toml', 'json')),
    source       TEXT    NOT NULL,
    -- NULL where an earlier release published the version.
    terms        BLOB,     -- what the ledger needs of it, CBOR
    position     INTEGER,  -- the last batch at that time
    PRIMARY KEY (studio, number)
) STRICT;

CREATE TABLE secrets (
    name  TEXT PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

-- Idempotency of settings; that of credits is part of the ledger.
CREATE TABLE setting_requests (
    key         BLOB PRIMARY KEY,
    fingerprint BLOB    NOT NULL,
    at          INTEGER NOT NULL,
    reply       TEXT    NOT NULL
) STRICT;
