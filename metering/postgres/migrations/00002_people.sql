-- +goose Up

-- The audit: a chain of hashes, see metering/audit. Rows are only ever added, one
-- writer at a time. detail is text, because the hash is made of its bytes; cast it
-- to jsonb to look into it.
CREATE TABLE audit (
  seq      bigint           NOT NULL PRIMARY KEY, -- from 1 without a gap
  at       timestamptz      NOT NULL,
  actor    text COLLATE "C" NOT NULL,
  role     text COLLATE "C" NOT NULL,
  kind     text COLLATE "C" NOT NULL,
  subject  text COLLATE "C" NOT NULL,
  text     text             NOT NULL,
  detail   text             NOT NULL, -- canonical JSON, or empty
  snapshot bytea            NOT NULL,
  prev     bytea            NOT NULL,
  hash     bytea            NOT NULL
);
CREATE INDEX audit_by_time ON audit (at);
CREATE INDEX audit_by_kind ON audit (kind, seq);
CREATE INDEX audit_by_actor ON audit (actor, seq);
CREATE INDEX audit_by_subject ON audit (subject, seq);

-- +goose StatementBegin
CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit is only ever added to';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_stays();
CREATE TRIGGER audit_is_kept BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();

-- Signed words of what the chain was at a time.
CREATE TABLE audit_checkpoint (
  seq       bigint      NOT NULL REFERENCES audit (seq),
  key       bytea       NOT NULL,
  at        timestamptz NOT NULL,
  hash      bytea       NOT NULL,
  signature bytea       NOT NULL,
  PRIMARY KEY (seq, key)
);

-- Persons who may sign in. password is the PHC string of a hash.
CREATE TABLE account (
  name        text COLLATE "C" NOT NULL PRIMARY KEY,
  role        text COLLATE "C" NOT NULL,
  password    text             NOT NULL,
  enabled     boolean          NOT NULL,
  must_change boolean          NOT NULL,
  created_at  timestamptz      NOT NULL,
  changed_at  timestamptz      NOT NULL,
  last_login  timestamptz, -- null: never
  version     integer          NOT NULL
);

-- Who leads. A term never falls, so that rows are never deleted.
CREATE TABLE lease (
  name     text COLLATE "C" NOT NULL PRIMARY KEY,
  holder   text             NOT NULL, -- empty: given back
  term     bigint           NOT NULL CHECK (term >= 0),
  until_at timestamptz      NOT NULL
);

-- +goose Down
DROP TABLE lease;
DROP TABLE account;
DROP TABLE audit_checkpoint;
DROP TABLE audit;
DROP FUNCTION audit_stays;
