"""What the database holds: the model that DDL builds, and the views that show it."""
