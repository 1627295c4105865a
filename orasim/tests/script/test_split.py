"""Where SQL*Plus sees the end of a statement."""

from __future__ import annotations

import time

import pytest
from orasim.script import split
from orasim.script.split import command_name


def texts(script: str) -> list[str]:
    """The statements of a script."""
    return [item.text for item in split(script) if item.kind == "sql"]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("select 1 from dual;\nselect 2 from dual;\n", ["select 1 from dual", "select 2 from dual"]),
        ("select 'a;\n/\nb' x from dual;", ["select 'a;\n/\nb' x from dual"]),
        ("select q'[it's; ok]' from dual;", ["select q'[it's; ok]' from dual"]),
        ("select q'!a;\n!' from dual;", ["select q'!a;\n!' from dual"]),
        ("select 1 -- no; end\nfrom dual;", ["select 1 -- no; end\nfrom dual"]),
        ("select 1 /* ; \n/\n */ from dual;", ["select 1 /* ; \n/\n */ from dual"]),
        ("select 1 from dual; -- done", ["select 1 from dual"]),
        ('create table "a;b" (x number);', ['create table "a;b" (x number)']),
        ("select 1\n\nfrom dual;", ["select 1\n\nfrom dual"]),
        ("select 1 from dual\n/\n", ["select 1 from dual"]),
        ("begin\n a;\n b;\nend;\n/\nselect 1 from dual;", ["begin\n a;\n b;\nend;", "select 1 from dual"]),
        ("select faq'x' from dual;", ["select faq'x' from dual"]),
        ("select 1 from dual;\r\nselect 2 from dual;\r\n", ["select 1 from dual", "select 2 from dual"]),
        ("select 1 from dual", ["select 1 from dual"]),
        (";\n", []),
        ("-- only a comment\n/* and\nanother */\n", []),
    ],
)  # fmt: skip
def test_split_ends_statements_as_sqlplus_does(script, expected):
    """
    A ``;`` or ``/`` ends a statement unless a quote or a comment hides it.
    """
    assert expected == texts(script)


@pytest.mark.parametrize(
    "head",
    [
        "create or replace procedure p as",
        "create or replace editionable package body p as",
        "CREATE TYPE t AS OBJECT (",
        "create or replace\ntrigger t before insert on x",
        "declare\n n number;",
        "with function f return number is",
        "/* why */ create function f return number is",
    ],
)
def test_split_keeps_stored_code_whole(head):
    """
    Code ends at a line ``/`` only, wherever its semicolons are.
    """
    code = f"{head}\nbegin\n null;\nend;"

    assert [code, "select 1 from dual"] == texts(f"{code}\n/\nselect 1 from dual;\n")


def test_split_runs_a_statement_again_at_a_slash():
    """
    ``stmt;`` followed by ``/`` runs twice, and so does RUN.
    """
    insert = "insert into t values (1)"

    assert [insert, insert, insert] == texts(f"{insert};\n/\nrun\n")


def test_split_drops_a_statement_at_a_dot_until_a_slash():
    """
    A line ``.`` ends the buffer without running it; ``/`` then does.
    """
    assert ["select 2 from dual"] == texts("select 1 from dual\n.\nselect 2 from dual;")
    assert ["select 1 from dual"] == texts("select 1 from dual\n.\n/\n")


def test_split_reports_what_a_blank_line_dropped():
    """
    After SET SQLBLANKLINES OFF a blank line ends SQL, which is reported and not run.
    """
    items = split("SET SQLBLANKLINES OFF\nselect 1\n\nselect 2 from dual;\n")

    assert [("command", 1), ("dropped", 2), ("sql", 4)] == [(i.kind, i.line) for i in items]


def test_split_joins_continued_commands_but_not_rules():
    """
    A trailing hyphen continues a command; a line of hyphens is text.
    """
    items = split("WHENEVER SQLERROR -\n  EXIT FAILURE\nPROMPT ------\nselect 1 from dual;\n")

    assert ["WHENEVER SQLERROR  EXIT FAILURE", "PROMPT ------", "select 1 from dual"] == [
        i.text for i in items
    ]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("spoo x.log", "SPOOL"),
        ("def a = 1", "DEFINE"),
        ("set role all", None),
        ("SET TRANSACTION READ ONLY", None),
        ("set define off", "SET"),
        ("desc t;", "DESCRIBE"),
        ("exit;", "EXIT"),
        ("describes", None),
        ("de", None),
        ("@sub/tables", "@"),
        ("!ls", "!"),
        ("lock table t in share mode", None),
    ],
)
def test_command_name_takes_sqlplus_abbreviations(line, name):
    """
    Commands may be cut as far as SQL*Plus allows; SQL is never taken for one.
    """
    assert name == command_name(line)


def test_split_numbers_lines_from_the_script():
    """
    A statement's line is where its first word stands.
    """
    items = split("/* head\n */\n\nset echo on\n\nselect 1\nfrom dual;\n/\n")

    assert [("command", 4), ("sql", 6), ("sql", 8)] == [(i.kind, i.line) for i in items]


def test_split_takes_long_lines_and_long_code_in_linear_time():
    """
    A line of a million characters and a package of fifty thousand lines are read at once.
    """
    long_line = "insert into t values (" + ",".join(["'a''b'"] * 150_000) + ");\n"
    package = "create package body p as\n" + "  x := 'a;b'; -- c\n" * 50_000 + "end;\n/\n"
    start = time.process_time()

    assert 2 == len(texts(long_line + package))
    assert time.process_time() - start < 5


def test_a_hyphen_at_a_lines_end_goes_on_in_sql_too():
    """
    As SQL*Plus reads it: the hyphen goes, in quotes and comments it stays.
    """
    items = split("insert into t values (1-\n, 'a'-\n, 'b-\nc', 2 -- x-\n);\nselect 1 from dual;\n")

    assert [
        "insert into t values (1\n, 'a'\n, 'b-\nc', 2 -- x-\n)",
        "select 1 from dual",
    ] == [item.text for item in items]
