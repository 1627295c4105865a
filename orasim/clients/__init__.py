"""Clients that nobody here wrote, run against orasim: ``make clients``."""
