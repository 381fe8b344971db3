-- Tells every process cheaply whether it must read the register of an account again.

CREATE TABLE register_mark (
  account_id INTEGER PRIMARY KEY,
  n          INTEGER NOT NULL                  -- grows with the changes of api_account and approved_host that pages show
) STRICT;
CREATE TRIGGER api_account_added AFTER INSERT ON api_account BEGIN
  INSERT INTO register_mark VALUES (new.account_id, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
-- A sweep touches every row; what it finds unchanged is shown when its snapshot closes.
CREATE TRIGGER api_account_changed AFTER UPDATE ON api_account
WHEN old.swept = new.swept OR old.hooks_problem <> new.hooks_problem OR old.client_id <> new.client_id
  OR iif(json_valid(old.proof), json_extract(old.proof, '$.State'), '') IS NOT iif(json_valid(new.proof), json_extract(new.proof, '$.State'), '')
BEGIN
  INSERT INTO register_mark VALUES (new.account_id, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER approved_host_added AFTER INSERT ON approved_host BEGIN
  INSERT INTO register_mark VALUES (new.account_id, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER approved_host_changed AFTER UPDATE ON approved_host BEGIN
  INSERT INTO register_mark VALUES (new.account_id, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER approved_host_gone AFTER DELETE ON approved_host BEGIN
  INSERT INTO register_mark VALUES (old.account_id, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
