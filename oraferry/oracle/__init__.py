"""The source: Oracle through python-oracledb, thin."""
