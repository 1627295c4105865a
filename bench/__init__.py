"""How fast oraferry is, beside the two databases alone and beside other tools: ``make bench``."""
