-- A total that did not match what a complete read found is no proof the next time that it seems to match.
ALTER TABLE facet_now ADD COLUMN total_off INTEGER NOT NULL DEFAULT 0;
