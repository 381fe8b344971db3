-- API accounts that people registered, what verifying them showed, the webhooks seen through them, and what is expected.

CREATE TABLE api_account (
  id            INTEGER PRIMARY KEY,
  account_id    INTEGER NOT NULL REFERENCES account(id),
  store_hash    TEXT NOT NULL,                 -- empty: account level
  name          TEXT NOT NULL,
  kind          TEXT NOT NULL,                 -- org.APIAccountKind
  client_id     TEXT NOT NULL,                 -- empty: not known
  token         BLOB,                          -- sealed; NULL: none kept
  secret        BLOB,                          -- sealed; NULL: none kept
  token_last4   TEXT NOT NULL,
  secret_last4  TEXT NOT NULL,
  token_print   BLOB,                          -- keyed hash, so that the same token is recognised unread
  declared      TEXT,                          -- JSON array of scopes; NULL: none declared
  owner         TEXT NOT NULL,
  purpose       TEXT NOT NULL,
  system        TEXT NOT NULL,
  notes         TEXT NOT NULL,
  created_on    TEXT NOT NULL,                 -- days 2006-01-02, empty when not known
  rotated_on    TEXT NOT NULL,
  review_due    TEXT NOT NULL,
  added_at      INTEGER NOT NULL,
  added_by      TEXT NOT NULL,
  removed_at    INTEGER,                       -- NULL: in the register
  proof         TEXT NOT NULL DEFAULT '',      -- newest org.Proof as JSON, that of a check outside a sync included
  hooks_tried   INTEGER,                       -- when its webhooks were last asked for; NULL: never
  hooks_read    INTEGER,                       -- when they were last read to the end; NULL: never
  hooks_problem TEXT NOT NULL DEFAULT '',      -- of the newest try; empty: none
  hooks_print   BLOB,                          -- token_print of the token through which they were; NULL: the next whole read is a baseline
  clients_tried INTEGER,                       -- when metafields were last asked for client IDs; NULL: never
  clients_say   TEXT NOT NULL DEFAULT '',      -- limits of that reading
  swept         INTEGER NOT NULL DEFAULT 0     -- snapshot whose sweep tried it last
) STRICT;
CREATE INDEX api_account_store ON api_account(account_id, store_hash);
CREATE UNIQUE INDEX api_account_client ON api_account(account_id, store_hash, client_id)
  WHERE client_id <> '' AND removed_at IS NULL;
CREATE UNIQUE INDEX api_account_token ON api_account(account_id, store_hash, token_print)
  WHERE token_print IS NOT NULL AND removed_at IS NULL;
CREATE TABLE api_account_version (             -- what verification showed, as of a snapshot; a row when it differs
  api_account_id INTEGER NOT NULL REFERENCES api_account(id),
  valid_from     INTEGER NOT NULL,
  valid_to       INTEGER NOT NULL,
  proof          TEXT NOT NULL,                -- org.Proof as JSON with the times of its first reading
  PRIMARY KEY (api_account_id, valid_from)
) STRICT, WITHOUT ROWID;

CREATE TABLE hook (
  id            INTEGER PRIMARY KEY,
  account_id    INTEGER NOT NULL REFERENCES account(id),
  store_id      INTEGER NOT NULL REFERENCES store(id),
  api_id        INTEGER NOT NULL,
  client_id     TEXT NOT NULL,
  api_account_id INTEGER NOT NULL REFERENCES api_account(id), -- through which it was seen last
  first_seen_at INTEGER NOT NULL,
  UNIQUE (store_id, api_id)
) STRICT;
CREATE INDEX hook_account ON hook(account_id, store_id);
CREATE INDEX hook_token ON hook(api_account_id);
CREATE TABLE hook_version (
  hook_id       INTEGER NOT NULL REFERENCES hook(id),
  valid_from    INTEGER NOT NULL,
  valid_to      INTEGER NOT NULL,
  scope         TEXT NOT NULL,
  destination   TEXT NOT NULL,
  host          TEXT NOT NULL,                 -- folded
  headers       TEXT NOT NULL,                 -- names, sorted, joined by line breaks; values are never kept
  active        INTEGER NOT NULL,              -- org.Tri
  status        TEXT NOT NULL,                 -- as given; empty when not provided
  created       INTEGER,                       -- unix SECONDS; 0: null; NULL: not read
  updated       INTEGER,
  seen_at       INTEGER NOT NULL,              -- when this version was first read
  PRIMARY KEY (hook_id, valid_from)
) STRICT, WITHOUT ROWID;
CREATE TABLE hook_admin (                      -- who is told, and which domains are blocked, by API account
  api_account_id INTEGER NOT NULL REFERENCES api_account(id),
  valid_from     INTEGER NOT NULL,
  valid_to       INTEGER NOT NULL,
  emails         TEXT NOT NULL,                -- JSON array
  blocked        TEXT NOT NULL,                -- JSON array of org.BlockedDomain
  PRIMARY KEY (api_account_id, valid_from)
) STRICT, WITHOUT ROWID;
CREATE TABLE foreign_client (                  -- client IDs that metafields name
  store_id      INTEGER NOT NULL REFERENCES store(id),
  client_id     TEXT NOT NULL,
  found_in      TEXT NOT NULL,                 -- JSON array of lists
  items         INTEGER NOT NULL,
  first_seen_at INTEGER NOT NULL,
  read_at       INTEGER NOT NULL,
  valid_from    INTEGER NOT NULL,              -- snapshots, like versions
  valid_to      INTEGER NOT NULL,
  PRIMARY KEY (store_id, client_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE approved_host (
  account_id INTEGER NOT NULL REFERENCES account(id),
  host       TEXT NOT NULL,                    -- folded; *.example.com covers subdomains
  note       TEXT NOT NULL,
  by         TEXT NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (account_id, host)
) STRICT, WITHOUT ROWID;
CREATE TABLE expected_hooks (
  id          INTEGER PRIMARY KEY,
  account_id  INTEGER NOT NULL REFERENCES account(id),
  integration TEXT NOT NULL,
  host        TEXT NOT NULL,
  scopes      TEXT NOT NULL,                   -- JSON array
  stores      TEXT NOT NULL,                   -- JSON array of hashes; empty: every store
  by          TEXT NOT NULL,
  at          INTEGER NOT NULL
) STRICT;
CREATE INDEX expected_hooks_account ON expected_hooks(account_id);
