-- Triggers of users that would fire, on the table and whatever holds rows of it, each with the
-- statements that stop it and bring it back as it was.
WITH RECURSIVE holders AS (
  SELECT %(table)s::regclass::oid AS id
  UNION
  SELECT i.inhrelid FROM pg_inherits i JOIN holders h ON i.inhparent = h.id
)
SELECT format('ALTER TABLE ONLY %%s DISABLE TRIGGER %%I', t.tgrelid::regclass, t.tgname),
       format('ALTER TABLE ONLY %%s ENABLE %%s TRIGGER %%I', t.tgrelid::regclass,
              CASE t.tgenabled WHEN 'A' THEN 'ALWAYS' ELSE '' END, t.tgname)
FROM pg_trigger t
JOIN holders h ON h.id = t.tgrelid
WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
ORDER BY 1
