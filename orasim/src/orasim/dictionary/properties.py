"""Table properties that change nothing that a client of orasim can see."""

from __future__ import annotations

from orasim.dictionary.tokens import Parser

_KNOWN_PROPERTIES = {
    "TABLESPACE", "PCTFREE", "PCTUSED", "PCTTHRESHOLD", "INITRANS", "MAXTRANS", "STORAGE", "LOGGING",
    "NOLOGGING", "COMPRESS", "NOCOMPRESS", "CACHE", "NOCACHE", "PARALLEL", "NOPARALLEL", "MONITORING",
    "NOMONITORING", "SEGMENT", "CREATION", "IMMEDIATE", "DEFERRED", "LOB", "STORE", "AS", "SECUREFILE",
    "BASICFILE", "ENABLE", "DISABLE", "ROW", "MOVEMENT", "ROWDEPENDENCIES", "NOROWDEPENDENCIES", "FOR",
    "OLTP", "QUERY", "ARCHIVE", "HIGH", "LOW", "BASIC", "ADVANCED", "INMEMORY", "NO", "RESULT_CACHE",
    "MODE", "DEFAULT", "INCLUDING", "OVERFLOW", "MAPPING", "TABLE", "NOMAPPING", "REJECT", "LIMIT",
    "UNLIMITED", "INDEXING", "ON", "OFF", "XMLTYPE", "COLUMN", "VARRAY", "NESTED", "RETURN", "VALUE",
    "BINARY", "XML", "CLOB", "KEEP", "BUFFER_POOL", "FLASH_CACHE", "ANNOTATIONS", "COLLATION", "READ",
    "WRITE", "DELETE", "JSON", "OBJECT", "IDENTIFIER", "IS", "SYSTEM", "GENERATED", "PRIMARY", "KEY",
    "SUBSTITUTABLE", "AT", "LEVELS", "NOT", "UPDATE", "GLOBAL", "INDEXES", "ALL", "CELL_FLASH_CACHE", "USING_NLS_COMP", "NONE", "PRIORITY",
}  # fmt: skip


def skip_property(parser: Parser) -> None:
    """Pass over one word or group; ORA-03001 for a property that is not known."""
    token = parser.token
    if parser.peek("("):
        parser.skip_parentheses()
        if parser.take("STORE"):
            parser.take("AS")
    elif token.kind in ("number", "quoted"):
        parser.at += 1
    elif token.kind == "name" and token.value in _KNOWN_PROPERTIES:
        parser.at += 1
        if token.value in ("TABLESPACE", "COLUMN", "INCLUDING"):
            parser.name()
        elif token.value in ("SECUREFILE", "BASICFILE") and parser.token.kind in ("name", "quoted"):
            if parser.token.value not in _KNOWN_PROPERTIES:
                parser.at += 1
    else:
        raise parser.unknown()
