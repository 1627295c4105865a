"""Scripts run in a session: variables, nested files, error policy."""

from __future__ import annotations

import pytest
from orasim.script import ScriptError, load, load_text


def rows(session, sql):
    """All rows as Python values."""
    plan, context, _ = session._plan(sql, [])
    context.begin_execution()
    return list(plan.rows())


def test_load_substitutes_variables_with_the_dot_rule(session):
    """
    ``&name.`` ends at its dot, ``&&name`` is the same value, names are of any case.
    """
    load_text(
        session,
        "define s = SCOTT\ncreate table &S..t (a varchar2(20));\n"
        "insert into &&s..t values ('&s._x');\n",
    )

    assert [("SCOTT_x",)] == rows(session, "select a from t")


def test_load_leaves_ampersands_alone_after_define_off(session):
    """
    SET DEFINE OFF makes ``&`` a character again.
    """
    load_text(
        session,
        "create table t (a varchar2(20));\nset define off\ninsert into t values ('R&D');\n",
    )

    assert [("R&D",)] == rows(session, "select a from t")


def test_load_refuses_a_variable_without_value(session):
    """
    Nobody can be asked for a value, so the statement fails with its line.
    """
    with pytest.raises(ScriptError, match=r"script:2: substitution variable D has no value"):
        load_text(session, "create table t (a varchar2(20));\ninsert into t values ('R&D');\n")


def test_load_takes_a_default_of_accept_and_a_value_given_before(session):
    """
    ACCEPT asks nobody: a value that was given wins over its DEFAULT.
    """
    script = (
        "ACCEPT a CHAR PROMPT 'Which? DEFAULT x' DEFAULT 'one two'\n"
        "ACCEPT b DEFAULT three HIDE\n"
        "create table t (a varchar2(20), b varchar2(20));\ninsert into t values ('&a', '&b');\n"
    )
    load_text(session, script, variables={"b": "given"})

    assert [("one two", "given")] == rows(session, "select a, b from t")


def test_load_reads_a_column_into_a_variable(session):
    """
    COLUMN … NEW_VALUE takes the last row of a query.
    """
    load_text(
        session,
        "column own new_value owner noprint\nselect user own from dual;\n"
        "create table &owner..t (a number);\n",
    )

    assert [] == rows(session, "select a from scott.t")


def test_load_runs_nested_scripts_with_arguments(session, tmp_path):
    """
    ``@@`` looks beside the calling script, the suffix may be missing, &1 is its argument.
    """
    (tmp_path / "sub").mkdir()
    (tmp_path / "main.sql").write_text("@@sub/tables first\nexit\nselect nonsense;\n")
    (tmp_path / "sub" / "tables.sql").write_text("create table t (a varchar2(9));\n@@rows &1\n")
    (tmp_path / "sub" / "rows.sql").write_text("insert into t values ('&1');\n")

    report = load(session, tmp_path / "main.sql")

    assert [("first",)] == rows(session, "select a from t")
    assert (2, []) == (report.statements, report.errors)


def test_load_names_file_and_line_of_an_error(session, tmp_path):
    """
    The first failing statement stops the run and is found by its file and line.
    """
    path = tmp_path / "a.sql"
    path.write_text("create table t (a number);\n\ninsert into nowhere values (1);\n")

    with pytest.raises(ScriptError, match=r"a\.sql:3: ORA-00942"):
        load(session, path)


def test_load_goes_on_when_the_script_says_so(session):
    """
    WHENEVER SQLERROR CONTINUE reports and goes on; EXIT stops there.
    """
    script = (
        "whenever sqlerror continue\ndrop table t;\ncreate table t (a number);\n"
        "whenever sqlerror exit sql.sqlcode\ndrop table u;\ncreate table v (a number);\n"
    )
    with pytest.raises(ScriptError, match=r"script:5"):
        load_text(session, script)

    assert [("T",)] == rows(session, "select table_name from user_tables")


@pytest.mark.parametrize("action, expected", [("commit", [(1,)]), ("rollback", [])])
def test_load_ends_a_failed_script_as_whenever_says(session, database, action, expected):
    """
    EXIT … ROLLBACK takes back what was not committed, EXIT … COMMIT keeps it.
    """
    load_text(session, "create table t (a number);")

    with pytest.raises(ScriptError):
        load_text(
            session,
            f"whenever sqlerror exit failure {action}\ninsert into t values (1);\nbad word;\n",
        )

    assert expected == rows(database.open_session("SCOTT", "x", 2, 2), "select a from t")


def test_load_connects_as_another_user(session, database):
    """
    CONNECT opens a session of that user, with the right password only.
    """
    database.create_user("OTHER", "pw", profile="owner")

    load_text(session, "connect other/pw@//host/service\ncreate table mine (a number);\n")
    with pytest.raises(ScriptError, match="ORA-01017"):
        load_text(session, "connect other/wrong\n")

    assert [("OTHER",)] == rows(session, "select owner from dba_tables")


def test_load_never_passes_over_data_loaded_by_other_means(session):
    """
    A table that would stay empty is an error, not a skipped line.
    """
    session.execute("create table t (a number)", [])
    for line in ("LOAD t t.csv", "HOST sqlldr scott/tiger t.ctl"):
        (error,) = load_text(session, line + "\n").errors
        assert error.startswith("script:1: ")
    with pytest.raises(ScriptError, match=r"script:1"):
        load_text(session, "HOST impdp scott/tiger dumpfile=t.dmp\n")


def test_load_reads_windows_text(session, tmp_path):
    """
    A script that is not UTF-8 is read as cp1252.
    """
    path = tmp_path / "w.sql"
    path.write_bytes(
        "create table t (a varchar2(9));\r\ninsert into t values ('caf\xe9');\r\n".encode("cp1252")
    )

    load(session, path)

    assert [("café",)] == rows(session, "select a from t")
