-- Runs, and who owns them. The lease is no part of a run's history: it says who may write it.
CREATE TABLE runs (
    id         INTEGER PRIMARY KEY,
    run        TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    created    INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    holder     TEXT,
    until      INTEGER NOT NULL
) STRICT;

CREATE INDEX runs_by_age ON runs (created);

-- The events. `previous` and `hash` chain the events of one run.
CREATE TABLE events (
    id         INTEGER PRIMARY KEY,
    run        INTEGER NOT NULL REFERENCES runs (id),
    seq        INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    previous   BLOB    NOT NULL,
    hash       BLOB    NOT NULL,
    body       TEXT    NOT NULL,
    UNIQUE (run, seq)
) STRICT;

-- Bytes too large for an event, stored once however many runs name them.
CREATE TABLE artifacts (
    digest BLOB PRIMARY KEY,
    bytes  BLOB NOT NULL
) STRICT;

CREATE TABLE run_artifacts (
    run        INTEGER NOT NULL REFERENCES runs (id),
    digest     BLOB    NOT NULL REFERENCES artifacts (digest),
    name       TEXT    NOT NULL,
    media_type TEXT    NOT NULL,
    PRIMARY KEY (run, digest, name)
) STRICT, WITHOUT ROWID;

-- Requests to whoever owns a run.
CREATE TABLE requests (
    id      INTEGER PRIMARY KEY,
    request TEXT    NOT NULL UNIQUE,
    run     INTEGER NOT NULL REFERENCES runs (id),
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    body    TEXT    NOT NULL,
    answer  TEXT
) STRICT;

CREATE INDEX requests_open ON requests (run) WHERE answer IS NULL;
