-- +goose Up

-- Residents' tokens, see metering/token.go. Of a secret only its SHA-256 is kept.
-- Rows are never deleted.
CREATE TABLE token (
  id         text COLLATE "C" NOT NULL PRIMARY KEY,
  resident   text COLLATE "C" NOT NULL,
  name       text             NOT NULL,
  hash       bytea            NOT NULL CHECK (length(hash) = 32),
  created_at timestamptz      NOT NULL,
  expires_at timestamptz, -- null: never
  revoked_at timestamptz, -- null: it is not
  last_used  timestamptz  -- null: never
);

-- +goose Down
DROP TABLE token;
