-- The sign-ins of closed snapshots once more, packed, so that any past day is made of a few rows instead of a search for
-- each access. Made from sign_in after a snapshot closed; where it is missing, sign_in answers. See packedLogins.
CREATE TABLE sign_in_day (
  id          INTEGER PRIMARY KEY,
  account_id  INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  snapshot_id INTEGER NOT NULL,
  whole       INTEGER NOT NULL,                -- 1: the sign-in of every access; 0: those new since the row before
  data        BLOB NOT NULL,
  UNIQUE (account_id, snapshot_id)
) STRICT;
