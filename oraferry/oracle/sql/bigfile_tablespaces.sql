SELECT COUNT(*)
FROM dba_segments s
JOIN dba_tablespaces t ON t.tablespace_name = s.tablespace_name
WHERE s.owner = :owner AND s.segment_name = :name AND t.bigfile = 'YES'
