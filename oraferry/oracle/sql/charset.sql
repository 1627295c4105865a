SELECT p.parameter, p.value
FROM nls_database_parameters p
WHERE p.parameter IN ('NLS_CHARACTERSET', 'NLS_NCHAR_CHARACTERSET')
