"""JSON and VECTOR values between the real driver and the real engine."""

from __future__ import annotations

import array
import datetime
import decimal
import json

import oracledb
import pytest
from orasim.database import Database
from orasim.server import OrasimServer


@pytest.fixture(scope="module")
def connection():
    """A 23ai session with a table of each."""
    database = Database(version="23ai")
    database.create_user("SCOTT", "tiger")
    with (
        OrasimServer(database, personality="23ai") as server,
        oracledb.connect(
            user="scott", password="tiger", dsn=f"127.0.0.1:{server.port}/ORASIM"
        ) as session,
    ):
        cursor = session.cursor()
        cursor.execute("create table documents (id number, doc json)")
        cursor.execute(
            "create table checked (id number, text clob check (text is json), "
            "image blob check (image is json format oson))"
        )
        cursor.execute(
            "create table vectors (id number, any_ vector, two vector(2), small vector(3, int8), "
            "wide vector(3, float64), thin vector(4, float32, sparse))"
        )
        yield session


DOCUMENTS = [
    {"a": 1, "b": [True, None, "text", 12.5], "c": {"d": {}}},
    [],
    "lone text",
    decimal.Decimal("319438950232418390.273596"),
    b"bytes",
    datetime.datetime(2024, 2, 29, 12, 30, 15, 123000),
    datetime.timedelta(days=3, seconds=5),
    {"long " * 100: 1, "short": "ü" * 300, "numbers": list(range(300))},
    [{f"name {i}": i for i in range(700)}],
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=range(len(DOCUMENTS)))
def test_json_returns_as_it_was_bound(connection, document):
    """Every kind of JSON value comes back equal, and through RETURNING too."""
    cursor = connection.cursor()
    out = cursor.var(oracledb.DB_TYPE_JSON)
    cursor.setinputsizes(None, oracledb.DB_TYPE_JSON)
    cursor.execute(
        "insert into documents values (:1, :2) returning doc into :3", [1, document, out]
    )
    cursor.execute("select doc from documents")
    assert [cursor.fetchone()[0], out.getvalue()[0]] == [document, document]
    connection.rollback()


def test_json_text_becomes_a_value_and_a_value_text(connection):
    """Text is parsed on its way into a JSON column; JSON_SERIALIZE and text fetches undo that."""
    cursor = connection.cursor()
    document = {"a": 12.5, "long " * 60: [1, 2], "é": None}
    cursor.execute("insert into documents values (1, :1)", [json.dumps(document)])
    cursor.execute(
        "select doc, json_serialize(doc), d.doc.a, json_value(doc, '$.a' returning number), "
        "json_query(doc, '$.a'), json_value(doc, '$.nothing') from documents d "
        "where json_exists(doc, '$.a')"
    )
    value, text, *picked = cursor.fetchone()
    assert [value, json.loads(text), *picked] == [document, document, 12.5, 12.5, 12.5, None]
    with pytest.raises(oracledb.DatabaseError, match="ORA-40441"):
        cursor.execute("insert into documents values (1, '{broken')")
    connection.rollback()


def test_json_checks_describe_their_columns(connection):
    """IS JSON on CLOB and BLOB is enforced, and the driver learns of it."""
    cursor = connection.cursor()
    cursor.execute("""insert into checked values (1, '{"a": 1}', '[1, 2]')""")
    cursor.execute("select * from checked")
    assert [(c.is_json, c.is_oson) for c in cursor.description] == [
        (False, False),
        (True, False),
        (True, True),
    ]
    assert cursor.fetchone() == (1, {"a": 1}, [1, 2])
    with pytest.raises(oracledb.IntegrityError, match="ORA-02290"):
        cursor.execute("insert into checked values (2, 'no', null)")
    connection.rollback()


def test_vectors_return_in_their_columns_format(connection):
    """A bound vector is converted to the column's format; flexible columns keep its own."""
    cursor = connection.cursor()
    values = [
        array.array("f", [1.5, -2]),
        array.array("d", [0.1, 3]),
        array.array("d", [1.9, -2.9, 127]),
        array.array("b", [1, -2, 3]),
        oracledb.SparseVector(4, [1, 3], array.array("d", [0.5, -0.25])),
    ]
    cursor.execute("insert into vectors values (1, :1, :2, :3, :4, :5)", values)
    cursor.execute("select any_, two, small, wide, thin from vectors")
    *dense, sparse = cursor.fetchone()
    assert [(v.typecode, list(v)) for v in dense] == [
        ("f", [1.5, -2]),
        ("d", [0.1, 3]),
        ("b", [1, -2, 127]),
        ("d", [1, -2, 3]),
    ]
    assert (sparse.num_dimensions, list(sparse.indices), list(sparse.values)) == (
        4,
        [1, 3],
        [0.5, -0.25],
    )
    assert [c.vector_dimensions for c in cursor.description] == [None, 2, 3, 3, 4]
    cursor.execute(
        "select vector_distance(any_, to_vector('[4.5, 2]'), euclidean), from_vector(two), "
        "vector_dims(small) from vectors"
    )
    assert cursor.fetchone() == (5.0, "[1.0E-001,3.0E+000]", 3)
    connection.rollback()


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("two", [1.0, 2.0, 3.0], "ORA-51803"),
        ("small", [1.0, 2.0, 300.0], "ORA-51806"),
        ("any_", [float("inf"), 1.0], "ORA-51805"),
    ],
)
def test_vectors_that_do_not_fit_are_refused(connection, column, value, code):
    """A wrong dimension, a value out of range, an infinity."""
    with pytest.raises(oracledb.DatabaseError, match=code):
        connection.cursor().execute(
            f"insert into vectors (id, {column}) values (1, :1)", [array.array("d", value)]
        )


def test_json_value_says_what_to_do_on_errors(connection):
    """NULL ON ERROR is the default; ERROR ON ERROR names what is wrong."""
    with connection.cursor() as cursor:

        def value(path: str, rest: str = "") -> object:
            document = """'{"a": 1, "t": "12", "l": [1, 2], "n": null, "b": true}'"""
            cursor.execute(f"select json_value({document}, '{path}' {rest}) from dual")
            return cursor.fetchone()[0]

        assert ("1", None, None) == (value("$.a"), value("$.x"), value("$.l"))
        assert 12 == value("$.t", "returning number error on error")
        assert value("$.n", "error on error") is None
        assert value("$.t", "returning number null on error null on empty") == 12
        wrong = {"$.x": 40462, "$.l": 40456, "$.l[*]": 40470}
        for path, code in wrong.items():
            with pytest.raises(oracledb.DatabaseError, match=f"ORA-{code}"):
                value(path, "error on error")
        with pytest.raises(oracledb.DatabaseError, match="ORA-40799"):
            value("$.b", "returning number error on error")


def test_booleans_from_and_to_other_types(connection):
    """Numbers, texts and NULL go into BOOLEAN, and BOOLEAN into numbers."""
    with connection.cursor() as cursor:
        cursor.execute("create table bools (id number, x boolean)")
        rows = [(1, True), (2, 0), (3, "yes"), (4, None), (5, "F")]
        for row in [*rows, (True, "on")]:
            with connection.cursor() as fresh:  # whose binds have the types of their values
                fresh.execute("insert into bools values (:1, :2)", row)
        cursor.execute("select id, x from bools order by id, x")
        expected = [(1, True), (1, True), (2, False), (3, True), (4, None), (5, False)]
        assert expected == cursor.fetchall()
        with pytest.raises(oracledb.DatabaseError, match="ORA-61800"):
            cursor.execute("insert into bools values (6, 'perhaps')")
        cursor.execute("drop table bools")
