"""The story: a request becomes a job, a job a plan, a plan chunks, and a verdict."""
