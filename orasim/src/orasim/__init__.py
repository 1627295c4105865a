"""An Oracle database at wire level, for tests and demos."""
