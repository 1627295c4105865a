SELECT c.table_name, c.constraint_name, c.constraint_type, c.r_owner, c.r_constraint_name,
       c.delete_rule, c.status, c.deferrable, c.deferred, c.validated, c.generated,
       c.index_name, c.search_condition
FROM all_constraints c
WHERE c.owner = :owner AND c.table_name IN (/*names*/)
  AND c.constraint_type IN ('P', 'U', 'R', 'C')
