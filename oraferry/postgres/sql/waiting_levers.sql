SELECT id, target_table, kind, name, restore
FROM oraferry.lever
WHERE job_id = %(job_id)s AND restored_at IS NULL
  AND (%(table_number)s::int IS NULL OR table_number = %(table_number)s)
-- Keys before the foreign keys that may lean on them, triggers last.
ORDER BY array_position(ARRAY['key', 'index', 'foreign key', 'trigger'], kind), id
