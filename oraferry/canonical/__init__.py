"""One text per value, by which a source and a target are compared.

Each side's text is defined by that side's own type and never by the type rule that loaded
the value, so that a wrong rule cannot excuse itself. NULL stays NULL and is not ''.
"""

from oraferry.canonical.declared import declared_text
from oraferry.canonical.digest import RowDigest, group_digests
from oraferry.canonical.rowhash import can_hash
from oraferry.canonical.source import source_text
from oraferry.canonical.sourcedigest import SourceDigest
from oraferry.canonical.target import target_sql, target_text

__all__ = [
    "RowDigest",
    "SourceDigest",
    "can_hash",
    "declared_text",
    "group_digests",
    "source_text",
    "target_sql",
    "target_text",
]
