"""Oracle's defaults, checks and expressions in PostgreSQL's words, or refused."""

from __future__ import annotations

import doctest
import importlib

import pytest

from oraferry.convert.expressions import (
    Scope,
    convert_condition,
    convert_default,
    convert_expression,
)
from oraferry.errors import UnsupportedConstruct
from oraferry.model import DataType, TableRef

TYPES = {
    "A": "NUMBER",
    "B": "NUMBER",
    "S": "VARCHAR2",
    "C": "CHAR",
    "D": "DATE",
    "F": "BINARY_DOUBLE",
    "R": "RAW",
    "END": "DATE",
}
SCOPE = Scope(
    {name: (name.lower(), DataType(type)) for name, type in TYPES.items()},
    "HR",
    lambda ref: TableRef(ref.schema.lower(), ref.name.lower()),
)
TEXT = DataType("character varying", length=40)


@pytest.mark.parametrize(
    "module",
    ["convert.tokens", "convert.datemasks", "convert.expressions", "schema.names", "schema.facet"],
)
def test_examples_in_the_docstrings_run(module):
    """
    What the docstrings show is what happens.
    """
    result = doctest.testmod(importlib.import_module(f"oraferry.{module}"))

    assert result.attempted > 0
    assert 0 == result.failed


CONDITIONS = [
    ("a in (0,1)", '"a" IN (0, 1)'),
    ('"A">=0 AND (B<3 OR s IS NULL)', '"a" >= 0 AND ("b" < 3 OR "s" IS NULL)'),
    ("(a+b)*2 > 3", '("a" + "b") * 2 > 3'),
    ("a-(b-1) > 0", '"a" - ("b" - 1) > 0'),
    ("not (a = 1 and b = 2)", 'NOT ("a" = 1 AND "b" = 2)'),
    ("s <> q'[it's]'", "\"s\" <> 'it''s'"),
    ("s = ''", '"s" = NULL'),
    ("a = '1'", "\"a\" = '1'"),
    ("c = 'Y'", "\"c\" = 'Y'"),
    ("a/b > .5", '"a"::numeric / "b" > 0.5'),
    ("s like 'A\\_%'", "\"s\" LIKE 'A\\_%' ESCAPE ''"),
    ("a not between -1 and 5", '"a" NOT BETWEEN -1 AND 5'),
    ("d > to_date('31-DEC-1999','DD-MON-YYYY')", "\"d\" > timestamp '1999-12-31 00:00:00'"),
    ("d >= DATE '1900-01-01'", "\"d\" >= timestamp '1900-01-01 00:00:00'"),
    ("trunc(d) = d", 'date_trunc(\'day\', "d") = "d"'),
    ("trunc(d, 'MM') = trunc(d, 'yyyy')", "date_trunc('month', \"d\") = date_trunc('year', \"d\")"),
    ('d < "END"', '"d" < "end"'),
    ("extract(year from d) >= 1900", 'extract(year FROM "d")::integer >= 1900'),
    ("replace(s, ' ') = 'ab'", "nullif(replace(\"s\", ' ', ''), '') = 'ab'"),
    (
        "translate(s, 'x0123456789', 'x') is null",
        "nullif(translate(\"s\", 'x0123456789', 'x'), '') IS NULL",
    ),
    ("regexp_like(s, '^[A-Z]{2}\\.[0-9]+$')", "\"s\" ~ '^[A-Z]{2}\\.[0-9]+$'"),
    (
        "decode(s, 'x', 1, null, 2, 3) = 1",
        'CASE WHEN "s" = \'x\' THEN 1 WHEN "s" IS NULL THEN 2 ELSE 3 END = 1',
    ),
    ("case when a=1 then 1 else 0 end = 1", 'CASE WHEN "a" = 1 THEN 1 ELSE 0 END = 1'),
    ("nvl(a, 0) >= 0 -- always\n", 'coalesce("a", 0) >= 0'),
    ("substr(s,1,2)='ab'", "nullif(substr(\"s\", 1, 2), '') = 'ab'"),
]


@pytest.mark.parametrize(("oracle", "postgres"), CONDITIONS)
def test_a_condition_means_the_same(oracle, postgres):
    """
    Conditions of checks are rewritten where the two dialects differ.
    """
    assert postgres == convert_condition(oracle, SCOPE)


@pytest.mark.parametrize(
    "oracle",
    [
        "s = 1",  # Oracle turns the text into a number
        "a || b = '12'",
        "s like c",
        "my_package.is_valid(a) = 1",
        "sys_context('USERENV', 'LANG') = 'D'",
        "regexp_like(s, 'a.b')",  # the point matches a line's end in PostgreSQL
        "regexp_like(s, '(a)\\1')",
        "d > to_date('01-01-20', 'DD-MM-YY')",
        "d > to_date('2020-01-01')",
        "d - d > 1",
        "trunc(d, 'IW') = d",
        "trunc(d, s) = d",
        "extract(hour from d) = 1",  # Oracle has no hour of a DATE
        "extract(second from d) = 1",
        "replace(s, c) = 'a'",
        "s = empty_clob()",
        "r = hextoraw('00FF')",
        "hextoraw('0') is null",
        "r = 'FF'",
        "mod(a, b) = 1",
        "unknown_column = 1",
        "a = 1 and",
        "a = (select 1 from dual)",
        "a = 1; drop table t",
        "a = 1d",
        "s is not json",
    ],
)
def test_what_has_no_rule_is_refused_without_its_literals(oracle):
    """
    Anything that might mean something else is left out by name, never guessed; literals may
    be data and are not repeated.
    """
    with pytest.raises(UnsupportedConstruct) as refused:
        convert_condition(oracle, SCOPE)

    assert "USERENV" not in refused.value.message


@pytest.mark.parametrize(
    ("oracle", "postgres"),
    [
        ("SYSDATE ", "date_trunc('second', clock_timestamp()::timestamp)"),
        ("systimestamp", "clock_timestamp()"),
        (
            "trunc(sysdate) + 1",
            "date_trunc('day', date_trunc('second', clock_timestamp()::timestamp)) "
            "+ 1 * interval '1 day'",
        ),
        ("'N' /* no */", "'N'"),
        ("N'ä'", "'ä'"),
        ("-1", "-1"),
        ("NULL", None),
        ("''", None),
        ('"HR"."SEQ_1"."NEXTVAL"', 'nextval(\'"hr"."seq_1"\'::regclass)'),
        ("user", "upper(session_user::text)"),
        ("sys_context('userenv', 'SESSION_USER')", "upper(session_user::text)"),
    ],
)
def test_a_default_gives_the_same(oracle, postgres):
    """
    Defaults, also those that call the clock or a sequence.
    """
    assert postgres == convert_default(oracle, SCOPE, TEXT)


@pytest.mark.parametrize(
    ("target", "words"),
    [("bytea", "decode("), ("uuid", "gen_random_uuid()"), ("text", "upper(replace(")],
)
def test_sys_guid_follows_the_column(target, words):
    """
    SYS_GUID() gives what the target column holds.
    """
    assert str(convert_default("SYS_GUID()", SCOPE, DataType(target))).startswith(words)


def test_an_index_expression_must_hang_on_the_row_alone():
    """
    The clock has no place in an index or a generated column.
    """
    assert 'upper("s")' == convert_expression('UPPER("S")', SCOPE, must_be_immutable=True)
    with pytest.raises(UnsupportedConstruct, match="more than the row"):
        convert_expression("SYSDATE", SCOPE, must_be_immutable=True)


def test_a_default_cannot_see_columns():
    """
    A column's name in a default is an error of the reader, not a name for PostgreSQL.
    """
    with pytest.raises(UnsupportedConstruct):
        convert_default("A", SCOPE, TEXT)
