INSERT INTO oraferry_jobs.job (request, comparison, idempotency_key)
VALUES (%(request)s, %(comparison)s, %(key)s)
ON CONFLICT (idempotency_key) DO NOTHING
RETURNING id, number
