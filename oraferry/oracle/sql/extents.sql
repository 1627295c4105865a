SELECT o.data_object_id, e.relative_fno, e.block_id, e.blocks
FROM dba_extents e
JOIN dba_objects o
  ON o.owner = e.owner
 AND o.object_name = e.segment_name
 AND o.object_type = e.segment_type
 AND (o.subobject_name = e.partition_name OR (o.subobject_name IS NULL AND e.partition_name IS NULL))
WHERE e.owner = :owner
  AND e.segment_name = :name
  AND e.segment_type IN ('TABLE', 'TABLE PARTITION', 'TABLE SUBPARTITION')
ORDER BY o.data_object_id, e.relative_fno, e.block_id
