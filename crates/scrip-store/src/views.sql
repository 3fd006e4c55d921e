-- The views: a fold of the journal in ordinary tables. Anybody may read them; only the projector writes them.
--
-- Amounts are millionths of a credit, times microseconds since 1970 (UTC). Ids are 16 bytes that sort by time
-- of creation: 48 bits of milliseconds, 48 of wallet, 32 of counter.

-- How far the journal is folded in.
CREATE TABLE meta (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    position INTEGER NOT NULL,
    checksum BLOB    NOT NULL
) STRICT;

CREATE TABLE wallets (
    wallet   INTEGER PRIMARY KEY,
    studio   INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    hash     BLOB    NOT NULL,
    last_at  INTEGER NOT NULL,
    counter  INTEGER NOT NULL,
    due_at   INTEGER            -- nothing falls due before; whoever looks then finds out what does
) STRICT;
CREATE INDEX wallets_due ON wallets (studio, due_at) WHERE due_at IS NOT NULL;

CREATE TABLE customers (
    studio     INTEGER NOT NULL,
    id         TEXT    NOT NULL,
    wallet     INTEGER NOT NULL,
    pool       INTEGER NOT NULL,
    parent     INTEGER,
    created_at INTEGER NOT NULL,
    name       TEXT,
    email      TEXT,
    body       BLOB    NOT NULL,
    PRIMARY KEY (studio, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX customers_of_wallet ON customers (wallet, pool);
CREATE INDEX customers_by_time ON customers (studio, created_at);

CREATE TABLE members (
    wallet     INTEGER NOT NULL,
    pool       INTEGER NOT NULL,
    id         TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    body       BLOB    NOT NULL,
    PRIMARY KEY (wallet, pool, id)
) STRICT, WITHOUT ROWID;

-- What was agreed of each grant; where its credits are is in grant_balances.
CREATE TABLE grants (
    wallet       INTEGER NOT NULL,
    id           BLOB    NOT NULL,
    studio       INTEGER NOT NULL,
    pool         INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    bucket       TEXT    NOT NULL,
    currency     TEXT    NOT NULL,
    amount       INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    effective_at INTEGER,
    expires_at   INTEGER,
    voided_at    INTEGER,
    terms        BLOB    NOT NULL,
    ended_at     INTEGER,            -- ended before its time, with its cycle
    locked       INTEGER NOT NULL DEFAULT 0,   -- frozen until there is a plan again
    PRIMARY KEY (wallet, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX grants_by_time ON grants (studio, id);

-- Apart, because it changes with every job, and small rows are quick to change.
CREATE TABLE grant_balances (
    wallet    INTEGER NOT NULL,
    id        BLOB    NOT NULL,
    available INTEGER NOT NULL,
    held      INTEGER NOT NULL,
    spent     INTEGER NOT NULL,
    expired   INTEGER NOT NULL,
    voided    INTEGER NOT NULL,
    frozen    INTEGER NOT NULL,
    moved     INTEGER NOT NULL,
    repaid    INTEGER NOT NULL,   -- of a debt: what other grants have paid back
    PRIMARY KEY (wallet, id)
) STRICT, WITHOUT ROWID;

-- Clustered by time, which is cheap to write: what is new goes to the end. Those of one wallet are found by its
-- history.
CREATE TABLE holds (
    id         BLOB    PRIMARY KEY,
    wallet     INTEGER NOT NULL,
    studio     INTEGER NOT NULL,
    pool       INTEGER NOT NULL,
    member     TEXT,
    status     TEXT    NOT NULL,
    amount     INTEGER NOT NULL,
    captured   INTEGER NOT NULL,
    released   INTEGER NOT NULL,
    currency   TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    reference  TEXT,
    terms      BLOB    NOT NULL,
    state      BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX holds_open ON holds (wallet) WHERE status = 'open';
CREATE INDEX holds_by_reference ON holds (studio, reference) WHERE reference IS NOT NULL;

CREATE TABLE charges (
    id         BLOB    PRIMARY KEY,
    wallet     INTEGER NOT NULL,
    studio     INTEGER NOT NULL,
    hold       BLOB    NOT NULL,
    customer   TEXT    NOT NULL,
    member     TEXT,
    tool       TEXT,             -- of the first line
    model      TEXT,
    outcome    TEXT    NOT NULL,
    currency   TEXT    NOT NULL,
    credits    INTEGER NOT NULL,
    refunded   INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    reference  TEXT,
    body       BLOB    NOT NULL, -- as it was made
    refunds    BLOB              -- what each draw has given back
) STRICT, WITHOUT ROWID;
CREATE INDEX charges_by_reference ON charges (studio, reference) WHERE reference IS NOT NULL;

CREATE TABLE refunds (
    id         BLOB    PRIMARY KEY,
    wallet     INTEGER NOT NULL,
    studio     INTEGER NOT NULL,
    charge     BLOB    NOT NULL,
    credits    INTEGER NOT NULL,
    reason     TEXT,
    created_at INTEGER NOT NULL,
    body       BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX refunds_of_wallet ON refunds (wallet);

-- What happened in a wallet, packed: one row for each wallet that a writing of the views touched. New rows go to
-- the end, so a history that grows for ever does not make each writing dearer.
CREATE TABLE history (
    id          INTEGER PRIMARY KEY,
    wallet      INTEGER NOT NULL,
    until       INTEGER NOT NULL,   -- its last record
    entry_count INTEGER NOT NULL,
    body        BLOB    NOT NULL    -- holds placed, charges made (ids), entries: three CBOR arrays
) STRICT;
CREATE INDEX history_of_wallet ON history (wallet, until);

-- What was answered to requests with an idempotency key, packed under the id of its history; for seven days at least.
CREATE TABLE answers (
    id   INTEGER PRIMARY KEY,
    body BLOB    NOT NULL
) STRICT;

-- Where the answer to a key is: 64 bits of the key, the answers it is among, and seconds since 1970.
CREATE TABLE requests (
    wallet  INTEGER NOT NULL,
    print   INTEGER NOT NULL,
    answers INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (wallet, print, answers)
) STRICT, WITHOUT ROWID;

-- Quotes that were redeemed, until they would have expired.
CREATE TABLE quotes_used (
    wallet INTEGER NOT NULL,
    mark   BLOB    NOT NULL,
    until  INTEGER NOT NULL,
    PRIMARY KEY (wallet, mark)
) STRICT, WITHOUT ROWID;

CREATE TABLE subscriptions (
    wallet     INTEGER NOT NULL,
    id         BLOB    NOT NULL,
    studio     INTEGER NOT NULL,
    pool       INTEGER NOT NULL,
    plan       TEXT    NOT NULL,
    status     TEXT    NOT NULL,
    period_end INTEGER,
    due_at     INTEGER,            -- nothing of it falls due before
    body       BLOB    NOT NULL,
    PRIMARY KEY (wallet, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX subscriptions_by_time ON subscriptions (studio, id);

-- What counts towards limits, free allowances and promotions.
CREATE TABLE tallies (
    wallet INTEGER NOT NULL,
    key    BLOB    NOT NULL,
    body   BLOB    NOT NULL,
    PRIMARY KEY (wallet, key)
) STRICT, WITHOUT ROWID;

-- What changes but rarely, each time that it did, so that a wallet can be shown as it was: customers, members,
-- subscriptions, and grants that were taken back, ended, frozen or thawed.
CREATE TABLE changes (
    id     INTEGER PRIMARY KEY,   -- in the order in which they happened
    wallet INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    body   BLOB    NOT NULL
) STRICT;
CREATE INDEX changes_of_wallet ON changes (wallet, at);
