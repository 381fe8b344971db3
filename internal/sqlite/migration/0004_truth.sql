-- Names as of each snapshot: a row holds until the next one of the same account or app. account.name and app.name are
-- the newest. Names from before this table count from the beginning.
CREATE TABLE account_name (
  account_id  INTEGER NOT NULL REFERENCES account(id),
  valid_from  INTEGER NOT NULL,
  name        TEXT NOT NULL,
  PRIMARY KEY (account_id, valid_from)
) STRICT, WITHOUT ROWID;
INSERT INTO account_name (account_id, valid_from, name) SELECT id, 0, name FROM account WHERE name <> '';
CREATE TABLE app_name (
  app_id      INTEGER NOT NULL REFERENCES app(id),
  valid_from  INTEGER NOT NULL,
  name        TEXT NOT NULL,
  PRIMARY KEY (app_id, valid_from)
) STRICT, WITHOUT ROWID;
INSERT INTO app_name (app_id, valid_from, name) SELECT id, 0, name FROM app;

-- 1: something is shown of the facet, but no read of it ever came to its end: what is not shown is unknown.
ALTER TABLE facet_read ADD COLUMN partial INTEGER NOT NULL DEFAULT 0;
UPDATE facet_read SET partial = 1
WHERE facet = 1 AND state <> 1 AND at IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM snapshot s JOIN facet_read f ON f.snapshot_id = s.id AND f.facet = 1 AND f.store_id = facet_read.store_id
  WHERE f.state = 1 AND s.id <= facet_read.snapshot_id
    AND s.account_id = (SELECT account_id FROM store WHERE id = facet_read.store_id));

-- When the last part of the data held was read; read_at is when the first was. NULL: at once, or not known.
ALTER TABLE facet_now ADD COLUMN read_to INTEGER;

-- Apps that were read of users who had left the store.
DELETE FROM user_app WHERE valid_to = 9223372036854775807 AND NOT EXISTS (
  SELECT 1 FROM access_version a
  WHERE a.store_id = user_app.store_id AND a.user_id = user_app.user_id AND a.valid_to > user_app.valid_from);
UPDATE user_app SET valid_to = (
  SELECT max(valid_to) FROM access_version a WHERE a.store_id = user_app.store_id AND a.user_id = user_app.user_id)
WHERE valid_to = 9223372036854775807 AND EXISTS (
  SELECT 1 FROM access_version a WHERE a.store_id = user_app.store_id AND a.user_id = user_app.user_id)
  AND NOT EXISTS (
  SELECT 1 FROM access_version a
  WHERE a.store_id = user_app.store_id AND a.user_id = user_app.user_id AND a.valid_to = 9223372036854775807);
