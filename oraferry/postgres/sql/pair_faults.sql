-- A missing row and an extra one with the same key become one that changed. Each is paired once.
WITH found AS (
  SELECT DISTINCT ON (missing.number) missing.number AS kept, extra.number AS gone,
         extra.part, extra.at
  FROM {faults} missing
  JOIN {rows} r ON r.{number} = missing.number
  JOIN {table} t ON {same}
  JOIN {faults} extra ON extra.part = t.tableoid AND extra.at = t.ctid
  WHERE missing.fault = 'missing' AND extra.fault = 'extra'
  ORDER BY missing.number, extra.number
), pairs AS (
  SELECT DISTINCT ON (gone) kept, gone, part, at FROM found ORDER BY gone, kept
), left_out AS (
  DELETE FROM {faults} f USING pairs WHERE f.number = pairs.gone
)
UPDATE {faults} f
SET fault = 'changed', part = pairs.part, at = pairs.at, places = {places}
FROM pairs
WHERE f.number = pairs.kept
