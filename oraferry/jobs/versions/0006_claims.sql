-- How often a task was begun, whatever became of it: an attempt that was given back does not count
-- as one, but its rows may be in the target.

ALTER TABLE task ADD COLUMN claims integer NOT NULL DEFAULT 0;
UPDATE task SET claims = 1 WHERE started_at IS NOT NULL OR attempt > 0;
