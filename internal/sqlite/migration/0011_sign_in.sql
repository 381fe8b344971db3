-- Ways to sign in and what guards them: limits of members, second factors, identities of a provider, known devices,
-- failed tries, links for a new password, and what a list of sessions shows.

ALTER TABLE member ADD COLUMN limited INTEGER NOT NULL DEFAULT 0; -- 1: sees only the accounts of member_account

CREATE TABLE member_account (
  member_id  INTEGER NOT NULL REFERENCES member(id) ON DELETE CASCADE,
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE, -- gone with a purge: numbers may come again
  PRIMARY KEY (member_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_account_account ON member_account(account_id);

CREATE TABLE totp (
  member_id INTEGER PRIMARY KEY REFERENCES member(id) ON DELETE CASCADE,
  secret    BLOB,                              -- sealed; NULL until a code has shown that the app holds it
  pending   BLOB,                              -- sealed; a new secret that waits for its first code
  step      INTEGER NOT NULL DEFAULT 0         -- newest step of 30 s whose code was used: older ones open nothing
) STRICT;

CREATE TABLE recovery_code (
  member_id INTEGER NOT NULL REFERENCES member(id) ON DELETE CASCADE,
  hash      BLOB NOT NULL,                     -- SHA-256 of 120 random bits
  used_at   INTEGER,                           -- NULL: not used
  PRIMARY KEY (member_id, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE member_identity (
  issuer    TEXT NOT NULL,
  subject   TEXT NOT NULL,
  member_id INTEGER NOT NULL REFERENCES member(id) ON DELETE CASCADE,
  added_at  INTEGER NOT NULL,
  PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_identity_member ON member_identity(member_id);

CREATE TABLE member_place (
  member_id INTEGER NOT NULL REFERENCES member(id) ON DELETE CASCADE,
  place     TEXT NOT NULL,                     -- network from which the member signed in
  seen_at   INTEGER NOT NULL,
  PRIMARY KEY (member_id, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE member_device (
  hash      BLOB PRIMARY KEY,                  -- SHA-256 of the token in a browser's cookie
  member_id INTEGER NOT NULL REFERENCES member(id) ON DELETE CASCADE,
  seen_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX member_device_member ON member_device(member_id);

CREATE TABLE failed_try (
  kind     TEXT NOT NULL,                      -- signin.KeyKind
  key      TEXT NOT NULL,
  count    INTEGER NOT NULL,
  last_at  INTEGER NOT NULL,
  until_at INTEGER,                            -- refused until then; NULL: not refused
  told     INTEGER NOT NULL,                   -- 1: the wait was told
  PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE reset_link (
  hash       BLOB PRIMARY KEY,                 -- SHA-256 of 130 random bits
  member_id  INTEGER NOT NULL REFERENCES member(id) ON DELETE CASCADE,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX reset_link_member ON reset_link(member_id);

ALTER TABLE session ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN ended INTEGER NOT NULL DEFAULT 0; -- 1: ended; the row stays so that no late request brings it back
