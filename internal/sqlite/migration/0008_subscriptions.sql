-- What the account pays for apps, versions like all others. Words and amounts stand as they were given.
CREATE TABLE subscription (
  id            INTEGER PRIMARY KEY,
  account_id    INTEGER NOT NULL REFERENCES account(id),
  api_id        TEXT NOT NULL,
  first_seen_at INTEGER NOT NULL,
  UNIQUE (account_id, api_id)
) STRICT;
CREATE TABLE subscription_version (
  subscription_id INTEGER NOT NULL REFERENCES subscription(id),
  valid_from      INTEGER NOT NULL,
  valid_to        INTEGER NOT NULL,
  product         TEXT NOT NULL,               -- API id
  product_type    TEXT NOT NULL,
  level           TEXT NOT NULL,
  scope           TEXT NOT NULL,               -- API id
  scope_type      TEXT NOT NULL,
  status          TEXT NOT NULL,
  interval        TEXT NOT NULL,
  price           TEXT NOT NULL,               -- as written; empty: none was given
  currency        TEXT NOT NULL,
  period_end      INTEGER,                     -- unix SECONDS; 0: null at BigCommerce; NULL: not read; so all times here
  activated       INTEGER,
  created         INTEGER,
  updated         INTEGER,
  app_number      TEXT NOT NULL,               -- end of product: joins with the end of app.api_id
  store_hash      TEXT NOT NULL,               -- end of scope: joins with store.hash
  unseen          INTEGER NOT NULL DEFAULT 0,  -- snapshot whose read first lacked it without proof, then valid_from; 0: seen
  PRIMARY KEY (subscription_id, valid_from)
) STRICT, WITHOUT ROWID;

-- When an app was first seen anywhere.
ALTER TABLE app ADD COLUMN first_seen_at INTEGER NOT NULL DEFAULT 0;
UPDATE app SET first_seen_at = coalesce((
  SELECT s.started_at FROM snapshot s WHERE s.id = (
    SELECT min(v.valid_from) FROM app_in_set i
    JOIN (SELECT set_id, valid_from FROM store_app UNION ALL SELECT set_id, valid_from FROM user_app) v ON v.set_id = i.set_id
    WHERE i.app_id = app.id)), 0);

-- Which app a change is about. Changes from before are told by the app's name, where only one app ever had it.
ALTER TABLE change ADD COLUMN app_id INTEGER;
UPDATE change SET app_id = (
  SELECT CASE WHEN count(DISTINCT a.id) = 1 THEN max(a.id) END FROM app a JOIN app_name n ON n.app_id = a.id
  WHERE a.account_id = change.account_id AND n.name = iif(change.after <> '', change.after, change.before))
WHERE field = 'app';
CREATE INDEX change_app ON change(app_id, snapshot_id) WHERE app_id IS NOT NULL;
