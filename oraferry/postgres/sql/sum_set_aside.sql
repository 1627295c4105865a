SELECT COALESCE(sum(set_aside) FILTER (WHERE table_number = %(table_number)s), 0)::bigint,
       COALESCE(sum(set_aside), 0)::bigint
FROM oraferry.ledger
WHERE job_id = %(job_id)s
