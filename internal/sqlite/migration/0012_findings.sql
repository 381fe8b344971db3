-- What the rules found, what members decided about it, and what the rules go by.

CREATE TABLE policy_version (                  -- the newest row of an account counts
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL REFERENCES account(id),
  by         TEXT NOT NULL,
  at         INTEGER NOT NULL,
  policy     TEXT NOT NULL                     -- audit.Policy as JSON, inactive_days 0: the setting of that name counts
) STRICT;
CREATE INDEX policy_version_account ON policy_version(account_id);
CREATE TABLE roster (                          -- lists of people who should be there; the newest by day counts
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL REFERENCES account(id),
  name       TEXT NOT NULL,
  at         INTEGER NOT NULL,                 -- as of when the list is
  by         TEXT NOT NULL,
  added_at   INTEGER NOT NULL,
  people     INTEGER NOT NULL,
  data       TEXT NOT NULL                     -- audit.Roster as JSON
) STRICT;
CREATE INDEX roster_account ON roster(account_id, at);
CREATE TABLE baseline (                        -- states of stores that were kept, for policies to compare with
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL REFERENCES account(id),
  name       TEXT NOT NULL,
  by         TEXT NOT NULL,
  added_at   INTEGER NOT NULL,
  data       TEXT NOT NULL                     -- audit.SavedRights as JSON
) STRICT;
CREATE INDEX baseline_account ON baseline(account_id);

CREATE TABLE finding_turn (                    -- snapshots to which the rules were applied
  account_id  INTEGER NOT NULL REFERENCES account(id),
  snapshot_id INTEGER NOT NULL,
  at          INTEGER NOT NULL,                -- when the snapshot was closed
  done_at     INTEGER NOT NULL,                -- when they were applied last
  basis       TEXT NOT NULL,                   -- what they went by; another one means that they are applied again
  counts      TEXT NOT NULL,                   -- audit.FindingCounts as JSON
  PRIMARY KEY (account_id, snapshot_id)
) STRICT, WITHOUT ROWID;
-- A finding by what it is known by, with what was decided about it. See finding_version for what each snapshot found.
CREATE TABLE finding (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id     INTEGER NOT NULL REFERENCES account(id),
  rule           TEXT NOT NULL,
  kind           TEXT NOT NULL,
  key            TEXT NOT NULL,
  first_seen     INTEGER NOT NULL,
  first_snapshot INTEGER NOT NULL,
  status         TEXT NOT NULL,                -- newest audit.FindingStatus
  decision       TEXT NOT NULL DEFAULT '',     -- accepted or false_positive while that holds; the columns below tell of it
  owner          TEXT NOT NULL DEFAULT '',
  reason         TEXT NOT NULL DEFAULT '',
  until          INTEGER,                      -- end of an acceptance
  by             TEXT NOT NULL DEFAULT '',
  decided_at     INTEGER,
  worst          INTEGER NOT NULL DEFAULT 0,   -- severity when it was decided
  UNIQUE (account_id, rule, kind, key)
) STRICT;
CREATE INDEX finding_living ON finding(account_id) WHERE status <> 'resolved';
CREATE TABLE finding_step (                    -- changes of status after the first one, which is open since first_seen
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id  INTEGER NOT NULL,
  finding_id  INTEGER NOT NULL REFERENCES finding(id),
  at          INTEGER NOT NULL,
  snapshot_id INTEGER NOT NULL,                -- 0: no snapshot made it
  status      TEXT NOT NULL,
  by          TEXT NOT NULL,                   -- empty: Rollcall
  owner       TEXT NOT NULL,
  reason      TEXT NOT NULL,
  until       INTEGER
) STRICT;
CREATE INDEX finding_step_finding ON finding_step(finding_id);
CREATE INDEX finding_step_account ON finding_step(account_id);
-- What snapshots say of a finding, versions like all others: nothing is written while nothing changes.
CREATE TABLE finding_version (
  finding_id  INTEGER NOT NULL REFERENCES finding(id),
  valid_from  INTEGER NOT NULL,
  valid_to    INTEGER NOT NULL,
  gone        INTEGER NOT NULL,                -- 1: judged and not found
  severity    INTEGER NOT NULL,
  doubt       TEXT NOT NULL,                   -- why it could not be judged; empty: it was
  last_seen   INTEGER NOT NULL,                -- snapshot that saw it last; 0: every one of this version
  text_at     INTEGER NOT NULL,                -- its words: finding_text.snapshot_id
  PRIMARY KEY (finding_id, valid_from)
) STRICT, WITHOUT ROWID;
CREATE TABLE finding_text (                    -- words and evidence; new ones when more than ages and times of reading differ
  finding_id     INTEGER NOT NULL REFERENCES finding(id),
  snapshot_id    INTEGER NOT NULL,             -- whose values they are
  user_id        INTEGER NOT NULL,             -- the subject's numbers, 0 where they do not apply
  store_id       INTEGER NOT NULL,
  api_account_id INTEGER NOT NULL,
  webhook_id     INTEGER NOT NULL,
  label          TEXT NOT NULL,
  store_name     TEXT NOT NULL,
  says           TEXT NOT NULL,
  evidence       TEXT NOT NULL,                -- JSON array of names and values in turn
  digest         INTEGER NOT NULL,
  PRIMARY KEY (finding_id, snapshot_id)
) STRICT, WITHOUT ROWID;
