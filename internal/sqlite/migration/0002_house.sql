-- Members of Rollcall, their sessions, the activity log, settings and files made.

CREATE TABLE setting (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE member (
  id            INTEGER PRIMARY KEY,
  name          TEXT NOT NULL,
  email         TEXT NOT NULL,                 -- as given
  email_fold    TEXT NOT NULL UNIQUE,
  role          TEXT NOT NULL,
  password      TEXT NOT NULL,                 -- argon2id in PHC form
  disabled      INTEGER NOT NULL DEFAULT 0,
  last_account  INTEGER,                       -- account used last
  created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
  token      TEXT PRIMARY KEY,                 -- hashed
  data       BLOB NOT NULL,
  expires_at INTEGER NOT NULL,
  member_id  INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX session_expiry ON session(expires_at);
CREATE INDEX session_member ON session(member_id);

CREATE TABLE activity (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  at         INTEGER NOT NULL,
  account_id INTEGER,
  actor      TEXT NOT NULL,
  action     TEXT NOT NULL,
  subject    TEXT NOT NULL DEFAULT '',
  address    TEXT NOT NULL DEFAULT '',
  request    TEXT NOT NULL DEFAULT '',
  outcome    TEXT NOT NULL,
  before     TEXT NOT NULL DEFAULT '',
  after      TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TRIGGER activity_keep_rows BEFORE UPDATE ON activity BEGIN
  SELECT RAISE(ABORT, 'the activity log cannot be changed');
END;
CREATE TRIGGER activity_keep_all BEFORE DELETE ON activity BEGIN
  SELECT RAISE(ABORT, 'the activity log cannot be deleted');
END;

CREATE TABLE export_file (
  id         INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL,
  kind       TEXT NOT NULL,
  format     TEXT NOT NULL,
  name       TEXT NOT NULL,                    -- file name inside the folder exports of the data folder
  made_at    INTEGER NOT NULL,
  by         TEXT NOT NULL,
  rows       INTEGER NOT NULL,
  bytes      INTEGER NOT NULL,
  sha256     TEXT NOT NULL,
  manifest   TEXT NOT NULL
) STRICT;

CREATE TABLE schedule_slot (                   -- slots that ran, so that none runs twice
  job    TEXT NOT NULL,
  slot   TEXT NOT NULL,                        -- local day or time that the run stands for
  ran_at INTEGER NOT NULL,
  result TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (job, slot)
) STRICT, WITHOUT ROWID;
