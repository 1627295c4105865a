"""Oracle's SQL and PL/SQL text in PostgreSQL's words; what has no rule is refused."""
