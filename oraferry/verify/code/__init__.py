"""Code in PostgreSQL's words: what a text defines, what of it may be created, what is wrong."""
