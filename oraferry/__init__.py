"""Moves an Oracle database to PostgreSQL and proves that nothing was lost."""
