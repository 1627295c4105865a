"""LOAD of CSV files, SQL*Loader control files, nested scripts and users of the command line."""

from __future__ import annotations

import pytest
from orasim.cli import main
from orasim.engine import OracleError
from orasim.script import load, load_text
from orasim.script.control import parse_control


def rows(session, sql):
    """All rows as Python values."""
    plan, context, _ = session._plan(sql, [])
    context.begin_execution()
    return list(plan.rows())


@pytest.fixture
def table(session):
    session.execute(
        "create table t (id number primary key, name varchar2(10), d date, note clob)", []
    )
    return session


def test_load_brings_the_rows_of_a_csv_file(table, tmp_path):
    """
    The first line names the columns; quotes, empty values and the date mask are as SQLcl's.
    """
    (tmp_path / "t.csv").write_text(
        '"ID","D","NAME"\n1,2024-02-29,"a, ""b"""\n2,,\n', encoding="utf-8"
    )
    (tmp_path / "s.sql").write_text("set load date_format YYYY-MM-DD\nLOAD t t.csv\n")

    report = load(table, tmp_path / "s.sql")

    assert [(1, 'a, "b"', "29.02.2024"), (2, None, None)] == rows(
        table, "select id, name, to_char(d, 'DD.MM.YYYY') from t order by id"
    )
    assert ["s.sql:2: 2 rows by LOAD t t.csv"] == report.loads
    assert [] == report.errors


def test_load_counts_rows_that_do_not_fit_and_keeps_the_others(table, tmp_path):
    """
    A row that a key, a length or a number refuses is told; the script goes on.
    """
    (tmp_path / "t.csv").write_text("id,name\n1,a\n1,b\nx,c\n2,more than ten\n3,d,e\n4,f\n")
    (tmp_path / "s.sql").write_text("LOAD t t.csv\ninsert into t (id) values (9);\n")

    report = load(table, tmp_path / "s.sql")

    assert [(1,), (4,), (9,)] == rows(table, "select id from t order by id")
    (error,) = report.errors
    assert "s.sql:1: 4 rows rejected (row 3: ORA-00001" in error
    assert "row 4: ORA-01722" in error and "row 5: ORA-12899" in error
    assert "row 6: 3 values for 2 columns" in error


def test_load_of_a_missing_file_is_an_error_and_the_script_goes_on(table, tmp_path):
    """
    As in SQLcl: WHENEVER SQLERROR is about SQL; the report has the error.
    """
    (tmp_path / "s.sql").write_text(
        "whenever sqlerror exit\nLOAD t gone.csv\ninsert into t (id) values (1);\n"
    )

    report = load(table, tmp_path / "s.sql")

    assert [(1,)] == rows(table, "select id from t")
    assert [
        "s.sql:2: file gone.csv is not there, the table stays as it is in: LOAD t gone.csv"
    ] == (report.errors)


def test_a_control_file_loads_delimited_fields(table, tmp_path):
    """
    Enclosed fields, masks, SQL around a field, constants, fillers, TRAILING NULLCOLS, BEGINDATA.
    """
    (tmp_path / "t.ctl").write_text(
        "OPTIONS (SKIP=1)\nLOAD DATA INFILE *\nAPPEND INTO TABLE t\n"
        "FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' TRAILING NULLCOLS\n"
        '(id, skipped FILLER, name "UPPER(:name)", d DATE "DD.MM.YYYY", note CONSTANT \'c\')\n'
        'BEGINDATA\nheader\n1,x,"a,b",29.02.2024\n2,x, "q""q"\n3,x,c,31.02.2024\n'
    )

    report = load(table, tmp_path / "t.ctl")

    assert [(1, "A,B", "2024-02-29", "c"), (2, 'Q"Q', None, "c")] == rows(
        table, "select id, name, to_char(d, 'YYYY-MM-DD'), to_char(note) from t order by id"
    )
    assert "1 rows rejected (row 4: ORA-01839" in report.errors[0]


def test_a_control_file_loads_positions_and_lob_files(table, tmp_path):
    """
    Fields at fixed places, numbers of records, a LOB from a file of its own, NULLIF BLANKS.
    """
    (tmp_path / "lob.txt").write_text("from a file", encoding="utf-8")
    (tmp_path / "t.dat").write_text("ab   lob.txt\n     \n")
    (tmp_path / "t.ctl").write_text(
        "LOAD DATA INFILE 't.dat' REPLACE INTO TABLE t\n"
        "(id SEQUENCE(10,5), name POSITION(1:5) CHAR NULLIF name=BLANKS,"
        " f FILLER POSITION(6:20) CHAR, note LOBFILE(f) TERMINATED BY EOF)\n"
    )

    load(table, tmp_path / "t.ctl")

    assert [(10, "ab", "from a file")] == rows(
        table, "select id, name, to_char(note) from t order by id"
    )


def test_host_sqlldr_is_run_here(table, tmp_path):
    """
    A script that calls SQL*Loader gets its rows, from the data file that the call names.
    """
    (tmp_path / "x.dat").write_text("7,seven\n")
    (tmp_path / "t.ctl").write_text(
        "LOAD DATA APPEND INTO TABLE t FIELDS TERMINATED BY ',' (id, name)\n"
    )
    (tmp_path / "s.sql").write_text(
        f"HOST sqlldr scott/tiger -\n control=t.ctl data={tmp_path}/x.dat log=x.log\n"
    )

    load(table, tmp_path / "s.sql")

    assert [(7, "seven")] == rows(table, "select id, name from t")


def test_control_files_refuse_what_they_do_not_know():
    """
    A clause or type that is not modelled is ORA-03001, never read over.
    """
    for text in ("INFILE 'x' \"fix 20\"", "PIECED", ""):
        with pytest.raises(OracleError):
            parse_control(f"LOAD DATA {text} INTO TABLE t (a INTEGER)")


def test_nested_scripts_are_found_from_the_first_ones_folder(session, tmp_path):
    """
    ``@dir/file;`` inside dir is looked for from the first script's folder too.
    """
    (tmp_path / "sub").mkdir()
    (tmp_path / "main.sql").write_text("@sub/a.sql;\n")
    (tmp_path / "sub" / "a.sql").write_text("@sub/b.tab\n")
    (tmp_path / "sub" / "b.tab").write_text("create table b (x number);\n")

    load(session, tmp_path / "main.sql")

    assert [(0,)] == rows(session, "select count(*) from b")


def test_users_that_a_script_connects_as_are_made(tmp_path, capsys):
    """
    ``orasim load`` makes a user that the script expects, and says so.
    """
    (tmp_path / "s.sql").write_text(
        "GRANT CREATE TABLE TO shop;\nCONNECT shop/pw@FREEPDB1;\ncreate table t (a number);\n"
    )

    assert 0 == main(["load", str(tmp_path / "s.sql")])
    assert "connects as SHOP: the user was made" in capsys.readouterr().err


def test_install_scripts_of_samples_run_their_checks(session):
    """
    What Oracle's sample schemas begin with: ACCEPT, NEW_VALUE, checks in PL/SQL, a user's grant.
    """
    session.user_record.privileges.add("DBA")
    load_text(
        session,
        """ACCEPT pass PROMPT 'Password: ' HIDE
        BEGIN IF '&pass' IS NULL THEN RAISE_APPLICATION_ERROR(-20999, 'mandatory'); END IF; END;
        /
        COLUMN property_value NEW_VALUE tbs NOPRINT
        SELECT property_value FROM database_properties
          WHERE property_name = 'DEFAULT_PERMANENT_TABLESPACE';
        DECLARE v all_users.username%TYPE;
        BEGIN
          SELECT MAX(username) INTO v FROM all_users WHERE username = 'APP';
          IF v IS NOT NULL THEN EXECUTE IMMEDIATE 'DROP USER app CASCADE'; END IF;
        END;
        /
        CREATE USER app IDENTIFIED BY "&pass" DEFAULT TABLESPACE &tbs QUOTA UNLIMITED ON &tbs;
        """.replace("\n        ", "\n"),
        variables={"pass": "secret"},
    )

    assert [("APP", "USERS")] == rows(
        session, "select username, default_tablespace from dba_users where username = 'APP'"
    )
