-- The right to create schemas is needed for those that are not there; the ledger's must be ours to
-- fill where it is.
SELECT pg_is_in_recovery(), current_setting('transaction_read_only')::boolean,
       ARRAY(SELECT s FROM unnest(%(schemas)s::text[]) AS s
             WHERE NOT has_database_privilege(current_database(), 'CREATE')
               AND NOT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = s)
             ORDER BY s),
       COALESCE((SELECT has_schema_privilege(n.oid, 'USAGE') AND has_schema_privilege(n.oid, 'CREATE')
                 FROM pg_namespace n WHERE n.nspname = 'oraferry'), true),
       COALESCE((SELECT has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
                        AND has_table_privilege(c.oid, 'UPDATE')
                 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = 'oraferry' AND c.relname = 'ledger'), true),
       has_database_privilege(current_database(), 'TEMPORARY'),
       quote_ident(current_database()), quote_ident(current_user)
