-- Jobs that go on: outages that last, jobs resumed, chunks split, chunks and tables read again.

ALTER TABLE task
  ADD COLUMN scn           numeric,                      -- read at; NULL: the job's
  ADD COLUMN replaces      integer,                      -- the chunk that this one takes the place of
  ADD COLUMN depth         integer NOT NULL DEFAULT 0,   -- how often it was split on the way
  ADD COLUMN forgiven      integer NOT NULL DEFAULT 0,   -- attempts that count no more
  ADD COLUMN failing_since timestamptz,                  -- start of the outage that it waits for
  ADD COLUMN rows_again    bigint  NOT NULL DEFAULT 0,   -- read in attempts that came to nothing
  DROP CONSTRAINT task_status_check,
  -- REPLACED: others hold its rows now; it says what was tried, and its number is not used again.
  ADD CONSTRAINT task_status_check CHECK (status IN
    ('BLOCKED', 'READY', 'LEASED', 'DONE', 'FAILED', 'CANCELLED', 'REPLACED'));

ALTER TABLE job_table
  ADD COLUMN splits   integer NOT NULL DEFAULT 0,
  ADD COLUMN restarts integer NOT NULL DEFAULT 0;

INSERT INTO job_transition VALUES ('FAILED', 'PENDING'), ('CANCELLED', 'PENDING');
