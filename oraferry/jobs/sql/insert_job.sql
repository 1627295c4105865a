INSERT INTO oraferry_jobs.job (request, comparison, idempotency_key, throttle)
VALUES (%(request)s, %(comparison)s, %(key)s, %(throttle)s)
ON CONFLICT (idempotency_key) DO NOTHING
RETURNING id, number
