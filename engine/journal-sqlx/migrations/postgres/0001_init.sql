-- Runs, and who owns them. The lease is no part of a run's history: it says who may write it.
-- Texts are compared by their bytes, whatever the database's language.
CREATE TABLE runs (
    id         BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    run        TEXT   COLLATE "C" NOT NULL UNIQUE,
    name       TEXT   NOT NULL,
    created    BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    holder     TEXT,
    until      BIGINT NOT NULL,
    -- Since when the run is offered to workers; null when it is not.
    offered    BIGINT
);

CREATE INDEX runs_by_age ON runs (created);

CREATE INDEX runs_offered ON runs (offered) WHERE offered IS NOT NULL;

-- The events. `previous` and `hash` chain the events of one run. Each insert is joined with its run and
-- that run's generation, so that a foreign key would only check less of the same, row by row.
CREATE TABLE events (
    run        BIGINT NOT NULL,
    seq        BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    actor      TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    previous   BYTEA  NOT NULL,
    hash       BYTEA  NOT NULL,
    body       TEXT   NOT NULL,
    PRIMARY KEY (run, seq)
);

-- Bytes too large for an event, stored once however many runs name them.
CREATE TABLE artifacts (
    digest BYTEA PRIMARY KEY,
    bytes  BYTEA NOT NULL
);

CREATE TABLE run_artifacts (
    run        BIGINT NOT NULL REFERENCES runs (id),
    digest     BYTEA  NOT NULL REFERENCES artifacts (digest),
    name       TEXT   COLLATE "C" NOT NULL,
    media_type TEXT   NOT NULL,
    PRIMARY KEY (run, digest, name)
);

-- Requests to whoever owns a run.
CREATE TABLE requests (
    id      BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    request TEXT   COLLATE "C" NOT NULL UNIQUE,
    run     BIGINT NOT NULL REFERENCES runs (id),
    at      BIGINT NOT NULL,
    actor   TEXT   NOT NULL,
    body    TEXT   NOT NULL,
    answer  TEXT
);

CREATE INDEX requests_open ON requests (run) WHERE answer IS NULL;

-- What all who share the journal agree on.
CREATE TABLE notes (
    name  TEXT COLLATE "C" PRIMARY KEY,
    value TEXT NOT NULL
);

-- The format of this schema: one row.
CREATE TABLE format (
    version BIGINT NOT NULL
);

INSERT INTO format (version) VALUES (0);
