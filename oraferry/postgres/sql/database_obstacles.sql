SELECT pg_is_in_recovery(), current_setting('transaction_read_only')::boolean,
       has_database_privilege(current_database(), 'CREATE'),
       has_database_privilege(current_database(), 'TEMPORARY'),
       quote_ident(current_database()), quote_ident(current_user)
