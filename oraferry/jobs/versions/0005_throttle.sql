-- How much a job may take of the servers; workers look at it again and again.

ALTER TABLE job
  ADD COLUMN throttle jsonb NOT NULL DEFAULT '{}',
  -- All lanes together keep to rows per second: each batch books the time that it is worth.
  ADD COLUMN paced_until timestamptz NOT NULL DEFAULT '-infinity';
