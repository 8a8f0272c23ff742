-- Since when a run is offered to workers; null when it is not.
ALTER TABLE runs ADD COLUMN offered INTEGER;

CREATE INDEX runs_offered ON runs (offered) WHERE offered IS NOT NULL;

-- What all who share the journal agree on.
CREATE TABLE notes (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
