"""What clients tell and ask besides statements, with the real driver and the real engine."""

from __future__ import annotations

import oracledb
import pytest
from orasim.database import Database
from orasim.server import OrasimServer


@pytest.fixture(scope="module", params=["19c", "23ai"])
def place(request):
    """A server with two users; its connect string."""
    database = Database(version=request.param)
    database.create_user("SCOTT", "tiger", profile="catalog-owner")
    database.create_user("OTHER", "other", profile="none")
    with OrasimServer(database, personality=request.param) as server:
        yield f"127.0.0.1:{server.port}/ORASIM"


@pytest.fixture
def connection(place):
    """A session of its owner."""
    with oracledb.connect(user="scott", password="tiger", dsn=place) as session:
        yield session


def value(connection, sql, *binds):
    """The one value of a query."""
    return connection.cursor().execute(sql, binds).fetchone()[0]


def test_passwords_change_at_login_and_later(place):
    """The old password ends, the new one works; a wrong or impossible one is refused."""

    def login(password, **more):
        return oracledb.connect(user="other", password=password, dsn=place, **more)

    login("other", newpassword="second/@").close()
    with login("second/@") as session:
        session.changepassword("second/@", "other")
        with pytest.raises(oracledb.DatabaseError, match="ORA-28008"):
            session.changepassword("wrong", "third")
        with pytest.raises(oracledb.DatabaseError, match="ORA-00988"):
            session.changepassword("other", "x" * 1500)
    with pytest.raises(oracledb.DatabaseError, match="ORA-01017"):
        login("second/@")
    login("other").close()


def test_proxy_users_are_refused(place):
    """A session as somebody else is never the proxy's own session in disguise."""
    with pytest.raises(oracledb.DatabaseError, match="ORA-28150"):
        oracledb.connect(user="scott[other]", password="tiger", dsn=place)


def test_the_client_is_known_by_what_it_said(place):
    """V$SESSION shows machine, terminal, user and driver."""
    said = {"machine": "m1", "terminal": "t1", "osuser": "o1"}
    with oracledb.connect(
        user="scott", password="tiger", dsn=place, driver_name="mydriver", **said
    ) as session:
        row = (
            session.cursor()
            .execute(
                "select machine, terminal, osuser, client_driver from v$session s "
                "join v$session_connect_info i on i.sid = s.sid "
                "where s.sid = sys_context('userenv', 'sid')".replace("osuser,", "s.osuser,")
            )
            .fetchone()
        )
    assert row == ("m1", "t1", "o1", "mydriver")


def test_application_context_is_kept(place, connection):
    """CLIENTCONTEXT holds what login and calls set; other namespaces are ORA-28267."""
    entries = [("CLIENTCONTEXT", "A", "1"), ("CLIENTCONTEXT", "B", "2")]
    sql = "select sys_context('CLIENTCONTEXT', :1) from dual"
    with oracledb.connect(user="scott", password="tiger", dsn=place, appcontext=entries) as session:
        assert [value(session, sql, "A"), value(session, sql, "b")] == ["1", "2"]
        session.set_app_context("CLIENTCONTEXT", A="9")
        assert value(session, sql, "A") == "9"
        session.clear_app_context("CLIENTCONTEXT")
        assert value(session, sql, "A") is None
        session.set_app_context("MINE", A="9")
        with pytest.raises(oracledb.DatabaseError, match="ORA-28267"):
            session.ping()


def test_round_trips_and_parses_are_counted(connection):
    """V$MYSTAT: a cached statement costs one round trip and no parse."""
    sql = (
        "select n.name, s.value from v$mystat s join v$statname n "
        "on n.statistic# = s.statistic# order by n.name"
    )

    def counts():
        with connection.cursor() as cursor:
            cursor.prefetchrows = 100
            return dict(cursor.execute(sql).fetchall())

    counts()
    before = counts()
    after = counts()
    trips = "SQL*Net roundtrips to/from client"
    assert [after[trips] - before[trips], after["parse count (total)"]] == [
        1,
        before["parse count (total)"],
    ]


def test_nested_cursors_and_implicit_results(connection):
    """CURSOR(query) sees its row; DBMS_SQL.RETURN_RESULT hands rows out without a bind."""
    cursor = connection.cursor()
    cursor.execute(
        "select n, cursor(select n * 10 from dual union all select 7 from dual) "
        "from (select 1 n from dual union all select 2 from dual)"
    )
    assert [(n, inner.fetchall()) for n, inner in cursor] == [
        (1, [(10,), (7,)]),
        (2, [(20,), (7,)]),
    ]
    cursor.execute(
        "declare c sys_refcursor; begin open c for select 1 from dual; dbms_sql.return_result(c);"
        " open c for select 'x', null from dual; dbms_sql.return_result(c); end;"
    )
    assert [r.fetchall() for r in cursor.getimplicitresults()] == [[(1,)], [("x", None)]]


def test_in_out_binds_are_sent_again(connection):
    """A bind that a block reads and writes keeps its value between executions."""
    cursor = connection.cursor()
    var = cursor.var(oracledb.NUMBER)
    var.setvalue(0, 2)
    for _ in range(3):
        cursor.execute("begin :value := :value + 5; end;", value=var)
    assert var.getvalue() == 17


def test_columns_that_are_null_by_description(connection):
    """SELECT NULL: no bytes travel for the column, others beside it arrive."""
    cursor = connection.cursor()
    cursor.execute("select null, 1, to_clob(null), null, 'x' from dual")
    assert cursor.fetchall() == [(None, 1, None, None, "x")]


def test_out_binds_that_are_too_small(connection):
    """A text that does not fit the client's buffer is an error, never a cut value."""
    cursor = connection.cursor()
    cursor.execute("create table texts (a varchar2(20))")
    small = cursor.var(str, 2)
    with pytest.raises(oracledb.DatabaseError, match="DPY-4002"):
        cursor.execute("insert into texts values ('much too long') returning a into :1", [small])


def test_bfile_locators(connection):
    """A BFILE is known by its names; nobody looks at files."""
    bfile = value(connection, "select bfilename('DIR', 'a.txt') from dual")
    assert bfile.getfilename() == ("DIR", "a.txt")
    with pytest.raises(oracledb.DatabaseError, match="ORA-22285"):
        bfile.fileexists()
    connection.cursor().execute("create table files (f bfile)")
    bfile.setfilename("OTHER", "b.txt")
    connection.cursor().execute("insert into files values (:1)", [bfile])
    assert value(connection, "select f from files").getfilename() == ("OTHER", "b.txt")


def test_reserved_words_are_no_bind_names(connection):
    """ORA-01745."""
    with pytest.raises(oracledb.DatabaseError, match="ORA-01745"):
        connection.cursor().execute("select :rowid from dual", [1])


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("cast('a' as varchar2(9))", "to_clob('clob')", "clob"),
        ("cast('a' as nvarchar2(9))", "to_clob('clöb')", "clöb"),
        ("cast('a' as varchar2(9))", "to_nclob('nclöb')", "nclöb"),
        ("hextoraw('00')", "to_blob(hextoraw('0102'))", b"\x01\x02"),
        ("cast('a' as varchar2(9))", "12.5", 12.5),
    ],
)
def test_a_cached_query_may_change_its_types(connection, before, after, expected):
    """The statement in the driver's cache is described anew; LOBs then travel as LONG."""
    for text, value_ in ((before, None), (after, expected)):
        with connection.cursor() as cursor:
            cursor.execute(f"create or replace view changing as select {text} v from dual")
            cursor.execute("select v from changing")
            (found,) = cursor.fetchone()
            assert value_ in (None, found)


def test_rows_generated_by_rownum(connection):
    """CONNECT BY ROWNUM <= n over DUAL."""
    cursor = connection.cursor()
    cursor.execute("select rownum, level from dual connect by rownum <= :1", [3])
    assert cursor.fetchall() == [(1, 1), (2, 2), (3, 3)]
