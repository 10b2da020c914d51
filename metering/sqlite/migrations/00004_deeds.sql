-- +goose Up

-- Decisions about capacity on paper, see metering/deed.go. Rows are only ever added,
-- each time together with the record of the audit that seals them.
CREATE TABLE deed (
  seq      INTEGER PRIMARY KEY, -- from 1 without a gap
  at       INTEGER NOT NULL,
  kind     TEXT    NOT NULL,
  subject  TEXT    NOT NULL,
  author   TEXT    NOT NULL,
  approver TEXT    NOT NULL, -- empty: one person was enough
  basis    TEXT    NOT NULL,
  document TEXT    NOT NULL,
  body     TEXT    NOT NULL, -- canonical JSON
  hash     BLOB    NOT NULL  -- SHA-256 of the deed's canonical form, see metering/audit
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER deed_stays BEFORE UPDATE ON deed
BEGIN SELECT RAISE(ABORT, 'deeds are only ever added to'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER deed_is_kept BEFORE DELETE ON deed
BEGIN SELECT RAISE(ABORT, 'deeds are only ever added to'); END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE deed;
