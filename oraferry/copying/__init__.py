"""Rows on their way: one chunk at a time, and what is done to a table after its last."""
