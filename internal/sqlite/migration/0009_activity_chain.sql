-- The activity log becomes a chain: each row holds the hash of itself and of the row before. Rows that are there are
-- chained by chainActivity right after this step; the next step puts the guards back.

DROP TRIGGER activity_keep_rows;
DROP TRIGGER activity_keep_all;
ALTER TABLE activity ADD COLUMN session TEXT NOT NULL DEFAULT '';   -- short name of the browser session
ALTER TABLE activity ADD COLUMN hash BLOB NOT NULL DEFAULT x'';     -- SHA-256, org.ActivityRow.Chain
CREATE INDEX activity_at ON activity(at);

CREATE TABLE activity_anchor (                 -- where the log begins after rows were pruned; the newest one counts
  row_id  INTEGER PRIMARY KEY,                 -- the row of the log that records the pruning
  last_id INTEGER NOT NULL,                    -- last row that was pruned
  hash    BLOB NOT NULL,                       -- its hash
  count   INTEGER NOT NULL                     -- rows that were ever pruned
) STRICT;

CREATE TABLE activity_place (                  -- how far receivers outside got
  receiver TEXT PRIMARY KEY,
  last_id  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
