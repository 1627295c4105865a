-- The session that a worker was last heard of over: when it has ended, so has the worker, and nobody
-- needs to wait for its leases.

ALTER TABLE worker ADD COLUMN session integer;
