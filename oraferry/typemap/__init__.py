"""How each Oracle type is read, what it becomes, what it loses: one rule per case.

``choose(column)`` gives the rule; the select list, the default PostgreSQL type, the
comparison and the loading all ask it. Verification deliberately does not (see canonical/).
"""

# The families register themselves; numbers first, as most columns are numbers.
from oraferry.typemap import numbers, text, moments, documents  # noqa: F401, I001
from oraferry.typemap.fit import Fit, Fitness, fit, is_accepted
from oraferry.typemap.load import find_bad_rows, load, load_batch
from oraferry.typemap.rule import TypeRule, choose, list_losses, list_rules, rule_by_name
from oraferry.typemap.verdict import BadRow

__all__ = [
    "BadRow",
    "Fit",
    "Fitness",
    "TypeRule",
    "choose",
    "find_bad_rows",
    "fit",
    "is_accepted",
    "list_losses",
    "list_rules",
    "load",
    "load_batch",
    "rule_by_name",
]
