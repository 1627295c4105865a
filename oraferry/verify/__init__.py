"""Did everything arrive: methods that look at both sides and report findings."""
