"""The browser's door: for now one page with the jobs and one job's live progress."""
