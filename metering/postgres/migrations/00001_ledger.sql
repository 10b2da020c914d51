-- +goose Up

-- Times are kept to the millisecond. Identifiers of points, meters and nodes are
-- those of the site file; they sort by their bytes, so that no index depends on the
-- locales of the machine.

-- Which sequence numbers of an epoch of a collector have come in: disjoint ranges
-- lo[i]..hi[i], ascending, with at least one missing number between them. The 64
-- bits of the epoch are kept as a signed integer.
CREATE TABLE stream (
  collector text COLLATE "C"     NOT NULL,
  epoch     bigint   NOT NULL,
  lo        bigint[] NOT NULL DEFAULT '{}',
  hi        bigint[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (collector, epoch),
  CHECK (cardinality(lo) = cardinality(hi))
);

-- Payloads that the feeder of the series store has still to pass. Positions are
-- given under the lock of the row in counter, so that they ascend in the order of
-- the commits.
CREATE TABLE batch (
  position    bigint      NOT NULL PRIMARY KEY,
  collector   text COLLATE "C"        NOT NULL,
  epoch       bigint      NOT NULL,
  seq         bigint      NOT NULL,
  received_at timestamptz NOT NULL,
  payload     bytea       NOT NULL,
  UNIQUE (collector, epoch, seq),
  FOREIGN KEY (collector, epoch) REFERENCES stream (collector, epoch)
);
CREATE TABLE counter (
  name  text COLLATE "C"   NOT NULL PRIMARY KEY,
  value bigint NOT NULL
);
INSERT INTO counter VALUES ('position', 0);

-- A day of one register and a base period of one meter, packed with a checksum:
-- the program alone reads them.
CREATE TABLE span_day (
  meter    text COLLATE "C"     NOT NULL,
  quantity smallint NOT NULL,
  day      date     NOT NULL,
  page     bytea    NOT NULL,
  PRIMARY KEY (meter, quantity, day)
);
CREATE TABLE witness (
  meter text COLLATE "C"        NOT NULL,
  start timestamptz NOT NULL,
  page  bytea       NOT NULL,
  PRIMARY KEY (meter, start)
);

-- What numbers mean; the program brings these tables up to date when it starts.
CREATE TABLE channel (
  id     smallint NOT NULL PRIMARY KEY,
  name   text COLLATE "C"     NOT NULL,
  unit   text     NOT NULL,
  medium text     NOT NULL
);
CREATE TABLE method (
  id   smallint NOT NULL PRIMARY KEY,
  name text COLLATE "C"     NOT NULL
);
CREATE TABLE flag (
  bit  bigint NOT NULL PRIMARY KEY,
  name text COLLATE "C"   NOT NULL
);

-- The current versions of a day (UTC) of one channel of a point, the interval of
-- the i-th quarter of an hour in the i-th element. Attributes that neighbours
-- share are kept once for a run: run_slot are the quarters, from 0, at which runs
-- begin; a run of version 0 holds no intervals. Likewise the times of recording.
-- crc is the CRC-32C of the day as the program packs it. Read the view interval
-- instead.
CREATE TABLE interval_day (
  point       text COLLATE "C"          NOT NULL,
  channel     smallint      NOT NULL,
  day         date          NOT NULL,
  energy      bigint[]      NOT NULL,
  uncertainty bigint[]      NOT NULL,
  run_slot    smallint[]    NOT NULL,
  run_version integer[]     NOT NULL,
  run_grade   text[]        NOT NULL,
  run_method  smallint[]    NOT NULL,
  run_flags   bigint[]      NOT NULL,
  run_reason  text[]        NOT NULL,
  rec_slot    smallint[]    NOT NULL,
  rec_at      timestamptz[] NOT NULL,
  crc         bigint        NOT NULL,
  PRIMARY KEY (point, channel, day)
) PARTITION BY RANGE (day);

-- Versions that are not current any more.
CREATE TABLE interval_old (
  point       text COLLATE "C"        NOT NULL,
  channel     smallint    NOT NULL,
  start       timestamptz NOT NULL,
  version     integer     NOT NULL,
  energy      bigint      NOT NULL,
  uncertainty bigint      NOT NULL,
  grade       text        NOT NULL,
  method      smallint    NOT NULL,
  flags       bigint      NOT NULL,
  reason      text        NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (point, channel, start, version)
) PARTITION BY RANGE (start);

-- What validation has found. A finding that does not hold any more keeps its row
-- and gets the time at which it was cleared.
CREATE TABLE finding (
  id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject    text COLLATE "C"        NOT NULL,
  about_node boolean     NOT NULL,
  channel    smallint    NOT NULL, -- 0: all of them
  rule       text        NOT NULL,
  severity   smallint    NOT NULL,
  from_at    timestamptz NOT NULL,
  to_at      timestamptz NOT NULL,
  numbers    jsonb       NOT NULL, -- [{"name", "value", "unit"}]
  text       text        NOT NULL,
  rule_set   text        NOT NULL,
  found_at   timestamptz NOT NULL,
  cleared_at timestamptz
);
CREATE INDEX finding_held ON finding (subject, about_node, channel, from_at) WHERE cleared_at IS NULL;
CREATE INDEX finding_by_time ON finding (from_at);

-- What persons have decided. Rows are only ever added.
CREATE TABLE act (
  id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key      text COLLATE "C"        NOT NULL UNIQUE,
  author   text        NOT NULL,
  reason   text        NOT NULL,
  document text        NOT NULL,
  at       timestamptz NOT NULL
);

-- The intervals that an act has set: as they were before (side 0; no row if there
-- was nothing) and after (side 1).
CREATE TABLE act_change (
  act         bigint      NOT NULL REFERENCES act (id),
  n           integer     NOT NULL, -- counts the act's changes from 0
  side        smallint    NOT NULL CHECK (side IN (0, 1)),
  point       text COLLATE "C"        NOT NULL,
  channel     smallint    NOT NULL,
  start       timestamptz NOT NULL,
  version     integer     NOT NULL,
  energy      bigint      NOT NULL,
  uncertainty bigint      NOT NULL,
  grade       text        NOT NULL,
  method      smallint    NOT NULL,
  flags       bigint      NOT NULL,
  reason      text        NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (act, n, side)
);
CREATE INDEX act_change_by_start ON act_change (start);

-- Closed billing periods.
CREATE TABLE settlement (
  id        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key       text COLLATE "C"        NOT NULL UNIQUE,
  from_at   timestamptz NOT NULL,
  to_at     timestamptz NOT NULL,
  author    text        NOT NULL,
  note      text        NOT NULL,
  made_at   timestamptz NOT NULL,
  digest    text        NOT NULL,
  intervals bigint      NOT NULL
);

-- The versions that a settlement has pinned, in runs as above.
CREATE TABLE pin_day (
  settlement  bigint     NOT NULL REFERENCES settlement (id),
  point       text COLLATE "C"       NOT NULL,
  channel     smallint   NOT NULL,
  day         date       NOT NULL,
  run_slot    smallint[] NOT NULL,
  run_version integer[]  NOT NULL,
  PRIMARY KEY (settlement, day, point, channel)
);

CREATE TABLE cursor (
  name     text COLLATE "C"   NOT NULL PRIMARY KEY,
  position bigint NOT NULL
);

CREATE TABLE poison (
  id      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at      timestamptz NOT NULL,
  topic   text        NOT NULL,
  reason  text        NOT NULL,
  payload bytea       NOT NULL
);

-- For reports: the current version of every interval, one row each. energy is
-- null where none is known (grade N). A condition on day, the UTC day, is what
-- makes a query fast: it leaves out whole months. intervals_between does that by
-- itself.
CREATE VIEW interval AS
SELECT d.point, d.channel, d.day,
  d.day::timestamp AT TIME ZONE 'UTC' + (u.i - 1) * interval '15 minutes' AS start,
  CASE WHEN d.run_grade[r.n] <> 'N' THEN u.energy END AS energy,
  u.uncertainty, d.run_grade[r.n] AS grade, d.run_method[r.n] AS method, d.run_flags[r.n] AS flags,
  d.run_version[r.n] AS version, d.run_reason[r.n] AS reason,
  d.rec_at[width_bucket((u.i - 1)::smallint, d.rec_slot)] AS recorded_at
FROM interval_day d
CROSS JOIN LATERAL unnest(d.energy, d.uncertainty) WITH ORDINALITY AS u (energy, uncertainty, i)
CROSS JOIN LATERAL (SELECT width_bucket((u.i - 1)::smallint, d.run_slot) AS n) r
WHERE d.run_version[r.n] > 0;

-- Every version of every interval.
CREATE VIEW interval_version AS
SELECT point, channel, day, start, energy, uncertainty, grade, method, flags, version, reason, recorded_at, true AS current FROM interval
UNION ALL
SELECT point, channel, (start AT TIME ZONE 'UTC')::date, start, CASE WHEN grade <> 'N' THEN energy END,
  uncertainty, grade, method, flags, version, reason, recorded_at, false FROM interval_old;

-- What was billed.
CREATE VIEW settled_interval AS
SELECT s.key AS settlement, v.*
FROM settlement s
JOIN pin_day p ON p.settlement = s.id
JOIN interval_version v ON v.point = p.point AND v.channel = p.channel AND v.day = p.day
  AND v.version = p.run_version[width_bucket(((extract(epoch FROM v.start)::bigint % 86400 + 86400) % 86400 / 900)::smallint, p.run_slot)];

-- +goose StatementBegin
CREATE FUNCTION intervals_between(from_at timestamptz, to_at timestamptz) RETURNS TABLE (
  point text, channel smallint, day date, start timestamptz, energy bigint, uncertainty bigint, grade text,
  method smallint, flags bigint, version integer, reason text, recorded_at timestamptz)
LANGUAGE sql STABLE AS $$
  SELECT i.* FROM interval i
  WHERE i.day >= (from_at AT TIME ZONE 'UTC')::date AND i.day <= (to_at AT TIME ZONE 'UTC')::date
    AND i.start >= from_at AND i.start < to_at
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION intervals_between;
DROP VIEW settled_interval;
DROP VIEW interval_version;
DROP VIEW interval;
DROP TABLE poison;
DROP TABLE cursor;
DROP TABLE pin_day;
DROP TABLE settlement;
DROP TABLE act_change;
DROP TABLE act;
DROP TABLE finding;
DROP TABLE interval_old;
DROP TABLE interval_day;
DROP TABLE flag;
DROP TABLE method;
DROP TABLE channel;
DROP TABLE witness;
DROP TABLE span_day;
DROP TABLE counter;
DROP TABLE batch;
DROP TABLE stream;
