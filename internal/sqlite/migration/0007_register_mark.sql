-- Tells every process cheaply whether it must read the register of an account again.

CREATE TABLE register_mark (
  account_id INTEGER PRIMARY KEY,
  n          INTEGER NOT NULL                  -- grows with every change of api_account and approved_host
) STRICT;
CREATE TRIGGER api_account_added AFTER INSERT ON api_account BEGIN
  INSERT INTO register_mark VALUES (new.account_id, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER api_account_changed AFTER UPDATE ON api_account BEGIN
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
