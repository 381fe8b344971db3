-- Times are unix milliseconds UTC unless a comment says otherwise. Snapshot numbers delimit validity: a version holds
-- for snapshots s with valid_from <= s < valid_to; 9223372036854775807 is the open end.

CREATE TABLE account (
  id            INTEGER PRIMARY KEY,
  uuid          TEXT NOT NULL UNIQUE,
  name          TEXT NOT NULL DEFAULT '',
  token         BLOB,                          -- sealed; NULL when disconnected
  token_last4   TEXT NOT NULL DEFAULT '',
  connected     INTEGER NOT NULL DEFAULT 1,
  accept_totals INTEGER NOT NULL DEFAULT 0,
  learned       TEXT NOT NULL DEFAULT '',      -- what the planner learned of the API, JSON
  created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE snapshot (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id    INTEGER NOT NULL REFERENCES account(id),
  started_at    INTEGER NOT NULL,
  finished_at   INTEGER,                       -- NULL while running
  state         TEXT NOT NULL,                 -- running, complete, partial
  reason        TEXT NOT NULL DEFAULT '',
  requests      INTEGER NOT NULL DEFAULT 0,
  repeated      INTEGER NOT NULL DEFAULT 0,
  waited_ms     INTEGER NOT NULL DEFAULT 0,
  stores        INTEGER NOT NULL DEFAULT 0,
  stores_failed INTEGER NOT NULL DEFAULT 0,
  accesses      INTEGER NOT NULL DEFAULT 0,
  users         INTEGER NOT NULL DEFAULT 0,
  privileged    INTEGER NOT NULL DEFAULT 0,    -- users
  inactive      INTEGER NOT NULL DEFAULT 0,    -- users, by the threshold of that time
  changes       INTEGER NOT NULL DEFAULT 0,
  read_from     INTEGER,
  read_to       INTEGER
) STRICT;
CREATE INDEX snapshot_account ON snapshot(account_id, id);
CREATE UNIQUE INDEX snapshot_running ON snapshot(account_id) WHERE state = 'running';

-- The open sync of an account: where it stands and what it holds of unfinished lists.
CREATE TABLE sync_run (
  snapshot_id INTEGER PRIMARY KEY REFERENCES snapshot(id) ON DELETE CASCADE,
  state       BLOB NOT NULL,
  progress    TEXT NOT NULL,                   -- JSON
  cancel      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE sync_page (
  id          INTEGER PRIMARY KEY,
  snapshot_id INTEGER NOT NULL REFERENCES snapshot(id) ON DELETE CASCADE,
  list_kind   TEXT NOT NULL,
  list_store  TEXT NOT NULL,
  page        BLOB NOT NULL                    -- JSON
) STRICT;
CREATE INDEX sync_page_list ON sync_page(snapshot_id, list_kind, list_store);
CREATE TABLE sync_touched (                    -- users whose summary is made anew when the snapshot closes
  snapshot_id INTEGER NOT NULL REFERENCES snapshot(id) ON DELETE CASCADE,
  user_id     INTEGER NOT NULL,
  PRIMARY KEY (snapshot_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE lease (
  account_id  INTEGER PRIMARY KEY REFERENCES account(id),
  owner       TEXT NOT NULL,
  heartbeat   INTEGER NOT NULL
) STRICT;

-- Requests sent to the Account API; the window is judged from these rows and from headers.
CREATE TABLE quota_spend (
  id          INTEGER PRIMARY KEY,
  account_id  INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  at          INTEGER NOT NULL
) STRICT;
CREATE INDEX quota_spend_at ON quota_spend(account_id, at);
CREATE TABLE quota_seen (                      -- the newest headers
  account_id  INTEGER PRIMARY KEY REFERENCES account(id) ON DELETE CASCADE,
  quota       INTEGER NOT NULL,
  remaining   INTEGER NOT NULL,
  reset_at    INTEGER NOT NULL,
  window_ms   INTEGER NOT NULL,
  seen_at     INTEGER NOT NULL
) STRICT;

CREATE TABLE store (
  id            INTEGER PRIMARY KEY,
  account_id    INTEGER NOT NULL REFERENCES account(id),
  api_id        TEXT NOT NULL,
  hash          TEXT NOT NULL,
  first_seen_at INTEGER NOT NULL,
  missing_since INTEGER,                       -- snapshot whose complete store list lacked it first
  UNIQUE (account_id, hash)
) STRICT;
CREATE TABLE store_version (                   -- a row ends when the store is gone or renamed
  store_id    INTEGER NOT NULL REFERENCES store(id),
  valid_from  INTEGER NOT NULL,
  valid_to    INTEGER NOT NULL,
  name        TEXT NOT NULL,
  PRIMARY KEY (store_id, valid_from)
) STRICT, WITHOUT ROWID;
CREATE TABLE store_label (
  store_id    INTEGER NOT NULL REFERENCES store(id),
  label       TEXT NOT NULL,
  PRIMARY KEY (store_id, label)
) STRICT, WITHOUT ROWID;

-- What a closed snapshot shows of each facet of a store (store_id 0: of the account). Written when the snapshot closes,
-- in the order of the key. Accesses have a row for every store of the account; the other facets only where the snapshot
-- tried them. facet: 1 accesses, 2 user apps, 3 store apps, 4 account users, 5 stores.
CREATE TABLE facet_read (
  snapshot_id INTEGER NOT NULL,
  facet       INTEGER NOT NULL,
  store_id    INTEGER NOT NULL,
  state       INTEGER NOT NULL,                -- 1 complete, 2 incomplete, 3 failed, 4 denied, 5 pending (not tried)
  expected    INTEGER,                         -- items by the API's total; -1: none was given; NULL: as received
  received    INTEGER NOT NULL,
  at          INTEGER,                         -- when the data shown was read, which a failed try leaves; NULL: never
  error       TEXT,                            -- NULL: none
  PRIMARY KEY (snapshot_id, facet, store_id)
) STRICT, WITHOUT ROWID;
-- The newest outcome of each facet, that of the running snapshot included: for the sync, pages read facet_read.
CREATE TABLE facet_now (
  account_id  INTEGER NOT NULL REFERENCES account(id),
  store_id    INTEGER NOT NULL,
  facet       INTEGER NOT NULL,
  baseline    INTEGER,                         -- snapshot of the first complete read; NULL before
  readable    INTEGER NOT NULL DEFAULT 1,      -- 0 after a denial: the next read is a baseline again
  tried       INTEGER NOT NULL,                -- snapshot of the newest try; the columns below are its outcome
  state       INTEGER NOT NULL,
  expected    INTEGER,
  received    INTEGER NOT NULL DEFAULT 0,
  read_at     INTEGER,                         -- when the data held was read; NULL: never
  error       TEXT,
  PRIMARY KEY (account_id, store_id, facet)
) STRICT, WITHOUT ROWID;

CREATE TABLE user (
  id            INTEGER PRIMARY KEY,
  account_id    INTEGER NOT NULL REFERENCES account(id),
  api_id        TEXT NOT NULL,
  first_seen_at INTEGER NOT NULL,
  since         INTEGER NOT NULL DEFAULT 0,    -- snapshot that saw the user first
  person_id     INTEGER NOT NULL REFERENCES person(id), -- newest identity, the running snapshot included
  UNIQUE (account_id, api_id)
) STRICT;
CREATE INDEX user_person ON user(person_id);
CREATE TABLE person (                          -- names and e-mail as once given, stored once
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  email       TEXT NOT NULL,
  first_name  TEXT NOT NULL,
  last_name   TEXT NOT NULL,
  locale      TEXT NOT NULL,
  email_fold  TEXT NOT NULL,
  domain      TEXT NOT NULL,                   -- folded
  name_key    TEXT NOT NULL,                   -- folded "first last", for sorting
  UNIQUE (email, first_name, last_name, locale)
) STRICT;
CREATE INDEX person_email ON person(email_fold);
CREATE TABLE permission (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE permission_set (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  hash       BLOB NOT NULL UNIQUE,
  names      TEXT NOT NULL,                    -- sorted, joined by line breaks
  size       INTEGER NOT NULL,
  role       INTEGER NOT NULL,                 -- derived, org.Role
  privileged INTEGER NOT NULL,
  sensitive  INTEGER NOT NULL
) STRICT;
CREATE TABLE permission_in_set (
  permission_id INTEGER NOT NULL REFERENCES permission(id),
  set_id        INTEGER NOT NULL REFERENCES permission_set(id),
  PRIMARY KEY (permission_id, set_id)
) STRICT, WITHOUT ROWID;

-- Versions name people and sets without a foreign key: deleting one would then search all versions for it.
CREATE TABLE access_version (
  store_id    INTEGER NOT NULL REFERENCES store(id),
  user_id     INTEGER NOT NULL REFERENCES user(id),
  valid_from  INTEGER NOT NULL,
  valid_to    INTEGER NOT NULL,
  person_id   INTEGER NOT NULL,
  set_id      INTEGER,                         -- NULL: permissions were not read
  status      TEXT NOT NULL,                   -- as given; empty when not provided
  unseen      INTEGER NOT NULL DEFAULT 0,      -- snapshot whose read first lacked it without proof, then valid_from; 0: seen
  PRIMARY KEY (store_id, user_id, valid_from)
) STRICT, WITHOUT ROWID;
CREATE INDEX access_user ON access_version(user_id, store_id, valid_from);
CREATE TABLE access_seen (                     -- when an access was first seen; retention never moves it
  store_id      INTEGER NOT NULL,
  user_id       INTEGER NOT NULL,
  first_seen_at INTEGER NOT NULL,
  PRIMARY KEY (store_id, user_id)
) STRICT, WITHOUT ROWID;
-- Sign-in and update times change most often, so they are narrow versions of their own, valid until the next row.
CREATE TABLE sign_in (
  store_id    INTEGER NOT NULL,
  user_id     INTEGER NOT NULL,
  valid_from  INTEGER NOT NULL,
  at          INTEGER,                         -- unix SECONDS; 0: never; NULL: not read
  updated     INTEGER,                         -- updatedAt, the same way
  PRIMARY KEY (store_id, user_id, valid_from)
) STRICT, WITHOUT ROWID;
CREATE TABLE account_user (                    -- membership of the account-level list
  user_id     INTEGER NOT NULL REFERENCES user(id),
  valid_from  INTEGER NOT NULL,
  valid_to    INTEGER NOT NULL,
  person_id   INTEGER NOT NULL,
  unseen      INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (user_id, valid_from)
) STRICT, WITHOUT ROWID;

CREATE TABLE app (
  id          INTEGER PRIMARY KEY,
  account_id  INTEGER NOT NULL REFERENCES account(id),
  api_id      TEXT NOT NULL,
  name        TEXT NOT NULL,
  UNIQUE (account_id, api_id)
) STRICT;
CREATE TABLE app_set (                         -- apps of a user or a store, stored once by content
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id  INTEGER NOT NULL REFERENCES account(id),
  hash        BLOB NOT NULL,
  app_ids     TEXT NOT NULL,                   -- JSON array of app.id, sorted
  more        INTEGER NOT NULL,                -- 1: there are more than these
  UNIQUE (account_id, hash)
) STRICT;
CREATE TABLE app_in_set (
  app_id INTEGER NOT NULL REFERENCES app(id),
  set_id INTEGER NOT NULL REFERENCES app_set(id),
  PRIMARY KEY (app_id, set_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE user_app (                        -- apps that a user may open in a store
  store_id    INTEGER NOT NULL,
  user_id     INTEGER NOT NULL,
  valid_from  INTEGER NOT NULL,
  valid_to    INTEGER NOT NULL,
  set_id      INTEGER NOT NULL,
  PRIMARY KEY (store_id, user_id, valid_from)
) STRICT, WITHOUT ROWID;
CREATE TABLE store_app (
  store_id    INTEGER NOT NULL,
  valid_from  INTEGER NOT NULL,
  valid_to    INTEGER NOT NULL,
  set_id      INTEGER NOT NULL,
  PRIMARY KEY (store_id, valid_from)
) STRICT, WITHOUT ROWID;

CREATE TABLE rights_list (                     -- rights gained or lost at once; the same lists occur again and again
  id          INTEGER PRIMARY KEY,
  hash        BLOB NOT NULL UNIQUE,
  names       TEXT NOT NULL                    -- sorted, joined by ;
) STRICT;
CREATE TABLE change (
  id          INTEGER PRIMARY KEY,
  account_id  INTEGER NOT NULL REFERENCES account(id),
  snapshot_id INTEGER NOT NULL,
  seen_at     INTEGER NOT NULL,
  previous_at INTEGER,                         -- the read before: the change lies in between
  kind        INTEGER NOT NULL,                -- position in audit.Kinds(), counted from 1; new kinds go to the end there
  store_id    INTEGER,
  user_id     INTEGER,
  linked_user INTEGER,                         -- same e-mail under another user id
  email       TEXT NOT NULL DEFAULT '',
  field       TEXT NOT NULL DEFAULT '',
  before      TEXT NOT NULL DEFAULT '',
  after       TEXT NOT NULL DEFAULT '',
  gained      INTEGER,                         -- rights gained: stands for after, which is empty then
  lost        INTEGER                          -- rights lost: stands for before, which is empty then
) STRICT;
-- Ids grow with the snapshots of an account. The indexes hold what filters ask for, so that counting reads no rows.
CREATE INDEX change_account ON change(account_id, snapshot_id);
CREATE INDEX change_kind ON change(account_id, kind, snapshot_id);
CREATE INDEX change_store ON change(store_id, snapshot_id, kind);
CREATE INDEX change_user ON change(user_id, snapshot_id, store_id, kind);

-- What a user's accesses add up to, versioned. The newest is repeated in user_now, from where
-- pages take it into memory; lists are sorted and searched there.
CREATE TABLE user_summary (
  user_id     INTEGER NOT NULL REFERENCES user(id),
  valid_from  INTEGER NOT NULL,
  valid_to    INTEGER NOT NULL,
  person_id   INTEGER NOT NULL,
  stores      INTEGER NOT NULL,
  role        INTEGER NOT NULL,                -- highest
  privileged  INTEGER NOT NULL,
  sensitive   INTEGER NOT NULL,
  in_account  INTEGER NOT NULL,                -- org.Tri
  PRIMARY KEY (user_id, valid_from)
) STRICT, WITHOUT ROWID;
CREATE TABLE user_login (                      -- latest sign-in over a user's accesses, valid until the next row
  user_id     INTEGER NOT NULL,
  valid_from  INTEGER NOT NULL,
  at          INTEGER NOT NULL,                -- unix SECONDS; 0: never in every store; -1: not read
  PRIMARY KEY (user_id, valid_from)
) STRICT, WITHOUT ROWID;
CREATE TABLE user_now (                        -- as of the newest closed snapshot; made anew when one closes
  user_id     INTEGER PRIMARY KEY REFERENCES user(id),
  account_id  INTEGER NOT NULL,
  person_id   INTEGER NOT NULL,
  name_key    TEXT NOT NULL,                   -- folded "first last", for sorting
  email_fold  TEXT NOT NULL,
  domain      TEXT NOT NULL,
  stores      INTEGER NOT NULL,
  role        INTEGER NOT NULL,
  privileged  INTEGER NOT NULL,
  sensitive   INTEGER NOT NULL,
  in_account  INTEGER NOT NULL,
  last_login  INTEGER NOT NULL,                -- unix seconds; 0 never; -1 not read
  first_seen  INTEGER NOT NULL
) STRICT;

-- For readers: the newest versions may belong to the running snapshot, so always ask by the number s of a closed one
-- (valid_from <= s AND s < valid_to; of sign_in and user_login the row with the greatest valid_from <= s). user_now is
-- the exception: it changes only when a snapshot closes. A user without accesses has a summary while in the account list.
