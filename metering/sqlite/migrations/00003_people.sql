-- +goose Up

-- The audit: a chain of hashes, see metering/audit. Rows are only ever added.
CREATE TABLE audit (
  seq      INTEGER PRIMARY KEY, -- from 1 without a gap
  at       INTEGER NOT NULL,
  actor    TEXT    NOT NULL,
  role     TEXT    NOT NULL,
  kind     TEXT    NOT NULL,
  subject  TEXT    NOT NULL,
  text     TEXT    NOT NULL,
  detail   TEXT    NOT NULL, -- canonical JSON, or empty
  snapshot BLOB    NOT NULL,
  prev     BLOB    NOT NULL,
  hash     BLOB    NOT NULL
) STRICT;
CREATE INDEX audit_by_time ON audit (at);
CREATE INDEX audit_by_kind ON audit (kind, seq);
CREATE INDEX audit_by_actor ON audit (actor, seq);
CREATE INDEX audit_by_subject ON audit (subject, seq);

-- +goose StatementBegin
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END;
-- +goose StatementEnd

-- Signed words of what the chain was at a time.
CREATE TABLE audit_checkpoint (
  seq       INTEGER NOT NULL REFERENCES audit (seq),
  key       BLOB    NOT NULL,
  at        INTEGER NOT NULL,
  hash      BLOB    NOT NULL,
  signature BLOB    NOT NULL,
  PRIMARY KEY (seq, key)
) STRICT, WITHOUT ROWID;

-- Persons who may sign in. password is the PHC string of a hash.
CREATE TABLE account (
  name        TEXT    PRIMARY KEY,
  role        TEXT    NOT NULL,
  password    TEXT    NOT NULL,
  enabled     INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  must_change INTEGER NOT NULL CHECK (must_change IN (0, 1)),
  created_at  INTEGER NOT NULL,
  changed_at  INTEGER NOT NULL,
  last_login  INTEGER, -- null: never
  version     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who leads. A term never falls, so that rows are never deleted.
CREATE TABLE lease (
  name     TEXT    PRIMARY KEY,
  holder   TEXT    NOT NULL, -- empty: given back
  term     INTEGER NOT NULL CHECK (term >= 0),
  until_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE lease;
DROP TABLE account;
DROP TABLE audit_checkpoint;
DROP TABLE audit;
