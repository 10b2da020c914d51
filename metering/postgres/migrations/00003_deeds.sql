-- +goose Up

-- Decisions about capacity on paper, see metering/deed.go. Rows are only ever added,
-- each time together with the record of the audit that seals them. body is text,
-- because the hash is made of its bytes; cast it to jsonb to look into it.
CREATE TABLE deed (
  seq      bigint           NOT NULL PRIMARY KEY, -- from 1 without a gap
  at       timestamptz      NOT NULL,
  kind     text COLLATE "C" NOT NULL,
  subject  text COLLATE "C" NOT NULL,
  author   text COLLATE "C" NOT NULL,
  approver text COLLATE "C" NOT NULL, -- empty: one person was enough
  basis    text             NOT NULL,
  document text             NOT NULL,
  body     text             NOT NULL, -- canonical JSON
  hash     bytea            NOT NULL  -- SHA-256 of the deed's canonical form, see metering/audit
);

-- +goose StatementBegin
CREATE FUNCTION deed_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'deeds are only ever added to';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER deed_stays BEFORE UPDATE OR DELETE ON deed FOR EACH ROW EXECUTE FUNCTION deed_stays();
CREATE TRIGGER deed_is_kept BEFORE TRUNCATE ON deed FOR EACH STATEMENT EXECUTE FUNCTION deed_stays();

-- +goose Down
DROP TABLE deed;
DROP FUNCTION deed_stays;
