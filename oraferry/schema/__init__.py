"""What an Oracle table becomes in PostgreSQL, and how that differs from what is there."""
