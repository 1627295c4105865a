"""Object types and collections between the real driver and the real engine."""

from __future__ import annotations

import datetime
import decimal

import oracledb
import pytest
from orasim.database import Database
from orasim.server import OrasimServer

TYPES = """
create type point as object (x number, y number(5,2), label char(6))
create type points as varray(4) of point
create type numbers as table of number
create type lists as table of numbers
create type parcel as object (
    id integer, name nvarchar2(20), weight binary_double, sent timestamp(3), body clob,
    photo blob, corner point, outline points, codes numbers, tag raw(8), note xmltype)
create table parcels (id number, p parcel, n numbers, l lists)
    nested table n store as n_nt nested table l store as l_nt
"""


@pytest.fixture(scope="module", params=["19c", "23ai"])
def connection(request):
    """A session that owns a few types and a table of them."""
    database = Database(version=request.param)
    database.create_user("SCOTT", "tiger")
    database.create_user("GUEST", "guest", profile="none")
    with OrasimServer(database, personality=request.param) as server:
        dsn = f"127.0.0.1:{server.port}/ORASIM"
        with oracledb.connect(user="scott", password="tiger", dsn=dsn) as session:
            text = " ".join(TYPES.split("\n"))
            for part in text.replace(" create ", "\ncreate ").split("\n"):
                if part.strip():
                    session.cursor().execute(part)
            session.guest_dsn = dsn
            yield session


def plain(value):
    """An object as a tuple, a collection as a list, a LOB as its value."""
    if isinstance(value, oracledb.LOB):
        return value.read()
    if not isinstance(value, oracledb.DbObject):
        return value
    if value.type.iscollection:
        return [plain(item) for item in value.aslist()]
    return tuple(plain(getattr(value, a.name)) for a in value.type.attributes)


def test_types_are_described(connection):
    """gettype shows attributes with their types and sizes; elements of collections too."""
    point = connection.gettype("POINT")
    assert [(a.name, a.type, a.precision, a.scale, a.max_size) for a in point.attributes] == [
        ("X", oracledb.DB_TYPE_NUMBER, 0, -127, None),
        ("Y", oracledb.DB_TYPE_NUMBER, 5, 2, None),
        ("LABEL", oracledb.DB_TYPE_CHAR, None, None, 6),
    ]
    points = connection.gettype("SCOTT.POINTS")
    assert (points.iscollection, points.element_type, points.name) == (True, point, "POINTS")
    with pytest.raises(oracledb.Error, match="DPY-2035"):
        connection.gettype("NOTHING")
    with (
        oracledb.connect(user="guest", password="guest", dsn=connection.guest_dsn) as guest,
        pytest.raises(oracledb.Error, match="DPY-2035"),
    ):
        guest.gettype("SCOTT.POINT")


VALUE = (
    7,
    "Ünïcode",
    0.5,
    datetime.datetime(2024, 2, 29, 1, 2, 3, 456000),
    "a clob " * 5000,
    b"\x00\x01" * 200,
    (1, decimal.Decimal("2.25"), "here  "),
    [(3, 4, "p1    "), None, (5, None, None)],
    [1, None, decimal.Decimal("1.5")],
    b"tag",
    "<a/>",
)


def test_constructors_attributes_and_tables_of_collections(connection):
    """What SQL makes of a value is what the driver reads; attributes are reached by dots."""
    cursor = connection.cursor()
    cursor.execute(
        """insert into parcels values (1, parcel(7, 'Ünïcode', 0.5,
        timestamp '2024-02-29 01:02:03.456', to_clob(:1), to_blob(:2), point(1, 2.25, 'here'),
        points(point(3, 4, 'p1'), null, point(5, null, null)), numbers(1, null, 1.5),
        hextoraw('746167'), xmltype('<a/>')), numbers(), lists(numbers(1, 2), null))""",
        ["a clob " * 5000, b"\x00\x01" * 200],
    )
    cursor.execute("select p, n, l, q.p.corner.y, q.p.name, q.p.body from parcels q")
    parcel, numbers, lists, *rest, body = cursor.fetchone()
    assert plain(parcel) == VALUE
    assert [plain(numbers), plain(lists), rest] == [[], [[1, 2], None], [2.25, "Ünïcode"]]
    assert body.read() == "a clob " * 5000
    cursor.execute("select column_value from table(numbers(3, 1, 2)) order by 1")
    assert cursor.fetchall() == [(1,), (2,), (3,)]
    connection.rollback()


def test_bound_objects_are_stored(connection):
    """An object made by the client returns through RETURNING and a query, padded and rounded."""
    make = {name: connection.gettype(name) for name in ("PARCEL", "POINT", "POINTS", "NUMBERS")}

    def point(x, y, label):
        made = make["POINT"].newobject()
        made.X, made.Y, made.LABEL = x, y, label
        return made

    parcel = make["PARCEL"].newobject()
    names = [a.name for a in parcel.type.attributes]
    clob = connection.createlob(oracledb.DB_TYPE_CLOB, VALUE[4])
    blob = connection.createlob(oracledb.DB_TYPE_BLOB, VALUE[5])
    points = make["POINTS"].newobject([point(3, 4, "p1"), None, point(5, None, None)])
    numbers = make["NUMBERS"].newobject([1, None, 1.5])
    values = [*VALUE[:4], clob, blob, point(1, 2.254, "here"), points, numbers, b"tag"]
    for name, value in zip(names, values, strict=False):
        setattr(parcel, name, value)
    cursor = connection.cursor()
    out = cursor.var(make["PARCEL"])
    cursor.execute("insert into parcels (id, p) values (1, :1) returning p into :2", [parcel, out])
    cursor.execute("select p from parcels")
    expected = (*VALUE[:-1], None)
    assert [plain(cursor.fetchone()[0]), plain(out.getvalue()[0])] == [expected, expected]
    cursor.execute("select count(*) from parcels q where q.p.corner.x = 1")
    assert cursor.fetchone() == (1,)
    connection.rollback()


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("insert into parcels (p) values (point(1, 2, 'a'))", "ORA-00932"),
        ("select point(1, 2) from dual", "ORA-02315"),
        ("select points(null, null, null, null, null) from dual", "ORA-22909"),
        ("select q.p.nothing from parcels q", "ORA-00904"),
        ("select point(1, 2, 'too long') from dual", "ORA-12899"),
        ("select p from parcels order by p", "ORA-00932"),
        ("select * from table(point(1, 2, 'a'))", "ORA-22905"),
    ],
)
def test_what_is_wrong_with_objects(connection, sql, code):
    """Types must agree, constructors be complete, collections fit."""
    with pytest.raises(oracledb.DatabaseError, match=code):
        connection.cursor().execute(sql)


async def _fetch(dsn):
    async with oracledb.connect_async(user="scott", password="tiger", dsn=dsn) as session:
        kind = await session.gettype("POINTS")
        with session.cursor() as cursor:
            await cursor.execute("select points(point(1, 2, 'x')) from dual")
            (found,) = await cursor.fetchone()
        return kind == found.type, [item.X for item in found.aslist()]


@pytest.mark.asyncio
async def test_async_sessions_read_objects(connection):
    """The same over asyncio."""
    assert await _fetch(connection.guest_dsn) == (True, [1])
