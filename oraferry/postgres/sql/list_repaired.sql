SELECT DISTINCT target_table FROM oraferry.repair WHERE target_table = ANY(%(tables)s)
