INSERT INTO oraferry.lookback (job_id, task_number, xid, rows, high, low)
VALUES (%(job_id)s, %(task_number)s, %(xid)s::xid8, %(rows)s, %(high)s, %(low)s)
ON CONFLICT DO NOTHING
