"""A table of each side, compared over two connections: methods that look, and what they saw."""
