-- +goose Up

-- What a meter said in a base period beside its registers, packed: see
-- pagewitness.go.
CREATE TABLE witness (
  meter INTEGER NOT NULL REFERENCES name (id),
  start INTEGER NOT NULL,
  page  BLOB    NOT NULL,
  PRIMARY KEY (meter, start)
) STRICT, WITHOUT ROWID;

-- What validation has found. A finding that does not hold any more keeps its row
-- and gets the time at which it was cleared.
CREATE TABLE finding (
  id         INTEGER PRIMARY KEY,
  subject    INTEGER NOT NULL REFERENCES name (id),
  about_node INTEGER NOT NULL CHECK (about_node IN (0, 1)),
  channel    INTEGER NOT NULL, -- 0: all of them
  rule       TEXT    NOT NULL,
  severity   INTEGER NOT NULL,
  from_at    INTEGER NOT NULL,
  to_at      INTEGER NOT NULL,
  numbers    TEXT    NOT NULL, -- JSON: [{"name", "value", "unit"}]
  text       TEXT    NOT NULL,
  rule_set   TEXT    NOT NULL,
  found_at   INTEGER NOT NULL,
  cleared_at INTEGER
) STRICT;
CREATE INDEX finding_by_subject ON finding (subject, about_node, channel, from_at);
CREATE INDEX finding_by_time ON finding (from_at);

-- What persons have decided. Rows are only ever added.
CREATE TABLE act (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  key      TEXT    NOT NULL UNIQUE,
  author   TEXT    NOT NULL,
  reason   TEXT    NOT NULL,
  document TEXT    NOT NULL,
  at       INTEGER NOT NULL
) STRICT;

-- The intervals that an act has set: as they were before (side 0; no row if there
-- was nothing) and after (side 1).
CREATE TABLE act_change (
  act         INTEGER NOT NULL REFERENCES act (id),
  n           INTEGER NOT NULL, -- counts the act's changes from 0
  side        INTEGER NOT NULL CHECK (side IN (0, 1)),
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
  PRIMARY KEY (act, n, side)
) STRICT, WITHOUT ROWID;
CREATE INDEX act_change_by_start ON act_change (start);

-- Closed billing periods.
CREATE TABLE settlement (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  key       TEXT    NOT NULL UNIQUE,
  from_at   INTEGER NOT NULL,
  to_at     INTEGER NOT NULL,
  author    TEXT    NOT NULL,
  note      TEXT    NOT NULL,
  made_at   INTEGER NOT NULL,
  digest    TEXT    NOT NULL,
  intervals INTEGER NOT NULL
) STRICT;

-- The versions that a settlement has pinned of a day of one channel of a point,
-- packed: see pagepin.go.
CREATE TABLE pin_day (
  settlement INTEGER NOT NULL REFERENCES settlement (id),
  point      INTEGER NOT NULL REFERENCES name (id),
  channel    INTEGER NOT NULL,
  day        INTEGER NOT NULL,
  page       BLOB    NOT NULL,
  PRIMARY KEY (settlement, point, channel, day)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE pin_day;
DROP TABLE settlement;
DROP TABLE act_change;
DROP TABLE act;
DROP TABLE finding;
DROP TABLE witness;
