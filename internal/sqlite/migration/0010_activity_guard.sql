-- Rows of the activity log are never changed. They are deleted only from its beginning, only when a row of the log and
-- an anchor record it, and only when they are older than 13 months: 393 days are the fewest that 13 months can have.

CREATE TRIGGER activity_keep_rows BEFORE UPDATE ON activity BEGIN
  SELECT RAISE(ABORT, 'the activity log cannot be changed');
END;
CREATE TRIGGER activity_keep_chain BEFORE INSERT ON activity
WHEN length(new.hash) <> 32 OR new.id IN (SELECT id FROM activity WHERE id = new.id) BEGIN
  SELECT RAISE(ABORT, 'a row of the activity log needs its place in the chain');
END;
CREATE TRIGGER activity_keep_all BEFORE DELETE ON activity
WHEN old.id > coalesce((SELECT last_id FROM activity_anchor ORDER BY row_id DESC LIMIT 1), 0)
  OR EXISTS (SELECT 1 FROM activity WHERE id < old.id) BEGIN
  SELECT RAISE(ABORT, 'the activity log cannot be deleted');
END;
CREATE TRIGGER activity_anchor_seals BEFORE INSERT ON activity_anchor
WHEN NOT EXISTS (
  SELECT 1 FROM activity record, activity gone
  WHERE record.id = new.row_id AND record.id = (SELECT max(id) FROM activity) AND record.action = 'activity.prune'
    AND gone.id = new.last_id AND gone.hash = new.hash
    AND record.at - (SELECT max(at) FROM activity WHERE id <= new.last_id) >= 393 * 86400000
    AND json_extract(record.after, '$.last_id') = new.last_id AND json_extract(record.after, '$.count') = new.count
    AND json_extract(record.after, '$.hash') = lower(hex(new.hash))) BEGIN
  SELECT RAISE(ABORT, 'the activity log is pruned only from its beginning, with a record of it');
END;
CREATE TRIGGER activity_anchor_keep BEFORE UPDATE ON activity_anchor BEGIN
  SELECT RAISE(ABORT, 'an anchor of the activity log cannot be changed');
END;
CREATE TRIGGER activity_anchor_stay BEFORE DELETE ON activity_anchor BEGIN
  SELECT RAISE(ABORT, 'an anchor of the activity log cannot be deleted');
END;
