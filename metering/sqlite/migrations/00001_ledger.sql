-- +goose Up

-- Times are Unix milliseconds, days are whole days since 1970-01-01 UTC.

-- Identifiers of points and meters, once.
CREATE TABLE name (
  id   INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
) STRICT;

-- An epoch of a collector. The 64 bits of the epoch are kept as a signed integer.
CREATE TABLE stream (
  id        INTEGER PRIMARY KEY,
  collector TEXT    NOT NULL,
  epoch     INTEGER NOT NULL,
  UNIQUE (collector, epoch)
) STRICT;

-- Which sequence numbers of an epoch have come in: disjoint ranges with at least
-- one missing number between them.
CREATE TABLE received (
  stream INTEGER NOT NULL REFERENCES stream (id),
  lo     INTEGER NOT NULL,
  hi     INTEGER NOT NULL,
  PRIMARY KEY (stream, lo),
  CHECK (1 <= lo AND lo <= hi)
) STRICT, WITHOUT ROWID;

-- Payloads that the feeder of the series store has still to pass.
CREATE TABLE batch (
  position    INTEGER PRIMARY KEY AUTOINCREMENT,
  stream      INTEGER NOT NULL REFERENCES stream (id),
  seq         INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  payload     BLOB    NOT NULL,
  UNIQUE (stream, seq)
) STRICT;

-- A day of one register, packed: see pagespan.go.
CREATE TABLE span_day (
  id       INTEGER PRIMARY KEY,
  meter    INTEGER NOT NULL REFERENCES name (id),
  quantity INTEGER NOT NULL,
  day      INTEGER NOT NULL,
  page     BLOB    NOT NULL,
  UNIQUE (meter, quantity, day)
) STRICT;

-- The current versions of a day of one channel of a point, packed: see
-- pageinterval.go.
CREATE TABLE interval_day (
  id      INTEGER PRIMARY KEY,
  point   INTEGER NOT NULL REFERENCES name (id),
  channel INTEGER NOT NULL,
  day     INTEGER NOT NULL,
  page    BLOB    NOT NULL,
  UNIQUE (point, channel, day)
) STRICT;
CREATE INDEX interval_day_by_day ON interval_day (day);

-- Versions that are not current any more.
CREATE TABLE interval_old (
  point       INTEGER NOT NULL REFERENCES name (id),
  channel     INTEGER NOT NULL,
  start       INTEGER NOT NULL,
  version     INTEGER NOT NULL,
  energy      INTEGER NOT NULL,
  uncertainty INTEGER NOT NULL,
  grade       INTEGER NOT NULL,
  method      INTEGER NOT NULL,
  flags       INTEGER NOT NULL,
  reason      TEXT    NOT NULL,
  recorded_at INTEGER NOT NULL,
  PRIMARY KEY (point, channel, start, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursor (
  name     TEXT PRIMARY KEY,
  position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE poison (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  at      INTEGER NOT NULL,
  topic   TEXT    NOT NULL,
  reason  TEXT    NOT NULL,
  payload BLOB    NOT NULL
) STRICT;

-- +goose Down
DROP TABLE poison;
DROP TABLE cursor;
DROP TABLE interval_old;
DROP TABLE interval_day;
DROP TABLE span_day;
DROP TABLE batch;
DROP TABLE received;
DROP TABLE stream;
DROP TABLE name;
