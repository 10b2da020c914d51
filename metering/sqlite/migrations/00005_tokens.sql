-- +goose Up

-- Residents' tokens, see metering/token.go. Of a secret only its SHA-256 is kept.
-- Rows are never deleted.
CREATE TABLE token (
  id         TEXT    PRIMARY KEY,
  resident   TEXT    NOT NULL,
  name       TEXT    NOT NULL,
  hash       BLOB    NOT NULL CHECK (length(hash) = 32),
  created_at INTEGER NOT NULL,
  expires_at INTEGER, -- null: never
  revoked_at INTEGER, -- null: it is not
  last_used  INTEGER  -- null: never
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE token;
