SELECT task_number, number, table_number, source_table, source_rowid, column_name, code, reason,
       content
FROM oraferry.quarantine
WHERE job_id = %(job_id)s AND (%(table_number)s::int IS NULL OR table_number = %(table_number)s)
ORDER BY task_number, number
LIMIT %(limit)s OFFSET %(offset)s
