"""Hints for what converted code commonly gets wrong, from PostgreSQL's own complaint.

A message may be in any language, so a rule asks for the SQLSTATE and for names that the
message quotes, or for what stands in the text where the parser stopped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mistake:
    """What to say when *state* and *words* fit; *words* are looked for in message and place."""

    states: str
    words: str
    hint: str


_ANY_NAME = "42883 42P01 42703 42704 42601"
MISTAKES: tuple[Mistake, ...] = (
    # How a statement is built comes before what it names.
    Mistake(
        "42601",
        r"\breturn\b",
        "the head of a function says RETURNS type, then AS $$ … $$ LANGUAGE "
        "plpgsql; RETURN stands in bodies only",
    ),
    Mistake(
        "42601",
        r"\b(is|package|body)\b",
        "PL/SQL's head is not PostgreSQL's: CREATE FUNCTION f(…) "
        "RETURNS type AS $$ … $$ LANGUAGE plpgsql; packages are schemas",
    ),
    Mistake(
        _ANY_NAME,
        r"\bsysdate\b",
        "SYSDATE is clock_timestamp(), or CURRENT_TIMESTAMP for the "
        "transaction's start; ::timestamp(0) takes zone and fraction away",
    ),
    Mistake(_ANY_NAME, r"\bsystimestamp\b", "SYSTIMESTAMP is clock_timestamp()"),
    Mistake(_ANY_NAME, r"\bdual\b", "PostgreSQL has no DUAL: leave FROM DUAL out"),
    Mistake(_ANY_NAME, r"\bnvl2\b", "NVL2(a, b, c) is CASE WHEN a IS NOT NULL THEN b ELSE c END"),
    Mistake(_ANY_NAME, r"\bnvl\b", "NVL is coalesce(); its arguments need one type"),
    Mistake(
        _ANY_NAME, r"\bdecode\b", "DECODE is CASE, with IS NOT DISTINCT FROM where NULLs match"
    ),
    Mistake(_ANY_NAME, r"\binstr\b", "INSTR(a, b) is strpos(a, b); more arguments need a function"),
    Mistake(
        _ANY_NAME,
        r"\badd_months\b",
        "ADD_MONTHS is + n * interval '1 month', but for the last days of months",
    ),
    Mistake(_ANY_NAME, r"\bto_number\b", "TO_NUMBER without a format is a cast: x::numeric"),
    Mistake(_ANY_NAME, r"\bto_char\b", "to_char needs a format here; without one cast: x::text"),
    Mistake(_ANY_NAME, r"\btrunc\b", "TRUNC of a date is date_trunc('day', x)"),
    Mistake(
        _ANY_NAME,
        r"\blast_day\b",
        "LAST_DAY(x) is (date_trunc('month', x) + interval '1 month - 1 day')",
    ),
    Mistake(
        _ANY_NAME,
        r"\bmonths_between\b",
        "MONTHS_BETWEEN has no equal here: age() counts years, months and days",
    ),
    Mistake(
        _ANY_NAME,
        r"\bsubstr\b|\bsubstring\b",
        "substr needs integers as positions, and text: cast the arguments",
    ),
    Mistake(_ANY_NAME, r"\bwm_concat\b|\blistagg\b", "LISTAGG is string_agg(x, ',' ORDER BY …)"),
    Mistake(
        _ANY_NAME,
        r"\bregexp_(like|instr|substr|count)\b",
        "before PostgreSQL 15 use ~, substring(x from …) or regexp_matches()",
    ),
    Mistake(_ANY_NAME, r"\brownum\b", "ROWNUM is LIMIT, or row_number() OVER ()"),
    Mistake(_ANY_NAME, r"\browid\b", "ROWID has no lasting equal: ctid changes with every UPDATE"),
    Mistake(
        _ANY_NAME,
        r"\bdbms_\w+|\butl_\w+|\bhtp\b",
        "Oracle's packages are not in PostgreSQL; the "
        "extension orafce has some of them, RAISE NOTICE stands for dbms_output.put_line",
    ),
    Mistake(
        _ANY_NAME,
        r"\bsys_context\b|\buserenv\b",
        "SYS_CONTEXT is current_setting() or session_user",
    ),
    Mistake(_ANY_NAME, r"\bsys_guid\b", "SYS_GUID() is gen_random_uuid()"),
    Mistake(_ANY_NAME, r"\bnextval\b|\bcurrval\b", "seq.NEXTVAL is nextval('seq')"),
    Mistake(_ANY_NAME, r"\bsqlcode\b", "SQLCODE is SQLSTATE, which is text"),
    Mistake("42704 42601", r"\b(n?varchar2|nchar2)\b", "VARCHAR2 is varchar or text"),
    Mistake(
        "42704 42601", r"\bnumber\b", "NUMBER is numeric, or bigint and integer for whole ones"
    ),
    Mistake(
        "42704 42601", r"\b(pls_integer|binary_integer|simple_integer)\b", "PLS_INTEGER is integer"
    ),
    Mistake("42704 42601", r"\bn?clob\b|\blong\b", "CLOB and LONG are text"),
    Mistake("42704 42601", r"\bblob\b|\braw\b|\bbfile\b", "BLOB and RAW are bytea"),
    Mistake(
        "42704 42601",
        r"\bbinary_(double|float)\b",
        "BINARY_DOUBLE is double precision, BINARY_FLOAT is real",
    ),
    Mistake("42704 42601", r"\bxmltype\b", "XMLTYPE is xml"),
    Mistake("42704 42601", r"\bsys_refcursor\b", "SYS_REFCURSOR is refcursor"),
    Mistake("42601", r"\(\s*\+\s*\)", "(+) is LEFT JOIN … ON"),
    Mistake("42601", r"\bminus\b", "MINUS is EXCEPT"),
    Mistake(
        "42601", r"\bconnect\s+by\b|\bstart\s+with\b|\bconnect\b", "CONNECT BY is WITH RECURSIVE"
    ),
    Mistake(
        "42601",
        r"\belsif\b|\belseif\b|\bthen\b|\bif\b",
        "in PL/pgSQL: IF … THEN … ELSIF … ELSE … END IF;",
    ),
    Mistake("42601", r"\bexecute\s+immediate\b|\bimmediate\b", "EXECUTE IMMEDIATE is EXECUTE"),
    Mistake(
        "42601",
        r"\bbulk\b|\bforall\b",
        "BULK COLLECT is array_agg() or a loop; FORALL is one statement over the set",
    ),
    Mistake(
        "42601",
        r"\bpragma\b",
        "PL/pgSQL knows no PRAGMA; an autonomous transaction needs dblink or another session",
    ),
    Mistake("42601", r"\bexit\b|\bgoto\b", "PL/pgSQL has no GOTO; EXIT and CONTINUE leave loops"),
    Mistake(
        "42601",
        r":=",
        ":= assigns in bodies only; in a call it names an argument, in SQL compare with =",
    ),
    Mistake(
        "42601",
        r"at or near \"/\"|^/\s*$",
        "a / on a line of its own belongs to SQL*Plus: leave it out",
    ),
    Mistake(
        "42601", r'"\\+"', "lines that begin with a backslash are psql's, not SQL: leave them out"
    ),
    Mistake(
        "42601",
        r"%(type|rowtype)\b",
        "%TYPE and %ROWTYPE stand in the body's DECLARE and in arguments; the table must exist",
    ),
    Mistake(
        "42P13",
        r"",
        "CREATE OR REPLACE cannot change what a routine returns or the names of its "
        "arguments: drop it first, or give it another name",
    ),
    Mistake("42804", r"", "PostgreSQL casts less by itself: write the cast, as in x::text"),
    Mistake("42846", r"", "there is no cast between these types: go over text, or use a function"),
    Mistake(
        "42883",
        r"",
        "no function or operator of that name takes these types: create it first "
        "(depends_on), put its schema onto the search path, or cast the arguments",
    ),
    Mistake("42P01", r"", "create it first (depends_on), or put its schema onto the search path"),
    Mistake("42704", r"", "create it first (depends_on), or put its schema onto the search path"),
    Mistake("3F000", r"", "create the schema in the text or in depends_on"),
    Mistake(
        "42703", r"", "names without quotes are folded to lower case here, to upper case in Oracle"
    ),
    Mistake(
        "42501", r"", "the user that verifies needs the privilege that the code's owner will have"
    ),
    Mistake(
        "42P17", r"", "what an index, a generated column or a partition key calls must be IMMUTABLE"
    ),
    Mistake(
        "42702",
        r"",
        "qualify the name: the column with its table, the variable with the routine's name",
    ),
    Mistake(
        "42P07 42723 42710",
        r"",
        "an object of that name exists: write CREATE OR REPLACE, or leave "
        "the schema out, so that it is created beside it",
    ),
    Mistake("42P06", r"", "the schema exists: write CREATE SCHEMA IF NOT EXISTS"),
)


def find_hint(
    state: str | None, message: str, near: str = "", *, own: str | None = None
) -> str | None:
    """
    What to do about PostgreSQL's complaint, where it is a known one; else its *own* hint.

    *near* is the text from the place that it names to the end of the line.

    >>> find_hint("42883", "function nvl(integer, integer) does not exist")
    'NVL is coalesce(); its arguments need one type'
    """
    general = None
    for mistake in MISTAKES if state else ():
        if state not in mistake.states.split():
            continue
        if not mistake.words:
            general = general or mistake.hint
        elif re.search(mistake.words, f"{message}\n{near}", re.I):
            return mistake.hint
    return own or general
