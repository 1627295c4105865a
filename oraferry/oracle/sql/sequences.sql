SELECT s.sequence_name, s.min_value, s.max_value, s.increment_by, s.cycle_flag, s.cache_size,
       s.last_number
FROM all_sequences s
WHERE s.sequence_owner = :owner
ORDER BY s.sequence_name
