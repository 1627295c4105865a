"""Each policy from Oracle to PostgreSQL: what arrives, what is counted, and that both sides agree."""

from __future__ import annotations

import pyarrow as pa
import pytest

from oraferry.errors import CopyRejected, RequestError, SourceDataError

# DDL type, values as SQL, policy, the target's type, values as text there, what is counted.
CASES = {
    "nul-remove": ("VARCHAR2(9)", ["'a'||CHR(0)||'b'", "'c'", "NULL"], {"nul": "remove"}, "character varying(9)", ["ab", "c", None], {"NUL characters removed": 1}),
    "nul-replace": ("VARCHAR2(9)", ["'a'||CHR(0)"], {"nul": "replace"}, "character varying(9)", ["a\ufffd"], {"NUL characters replaced": 1}),
    "nul-bytea": ("VARCHAR2(9)", ["'ä'||CHR(0)", "NULL"], {"nul": "bytea"}, "bytea", ["\\xc3a400", None], {}),
    "clob-bytea": ("CLOB", ["'ä'", "EMPTY_CLOB()", "NULL"], {"to": "bytea"}, "bytea", ["\\xc3a4", "\\x", None], {}),
    "padding-keep": ("CHAR(4)", ["'a'", "NULL"], {"to": "text"}, "text", ["a   ", None], {}),
    "padding-trim": ("CHAR(4)", ["'a'", "'abcd'", "NULL"], {"padding": "trim"}, "character varying(4)", ["a", "abcd", None], {"trailing blanks of CHAR trimmed": 1}),
    "text-cut": ("VARCHAR2(9)", ["'äöüß'", "'ab'"], {"to": "varchar(3)", "overflow": "cut"}, "character varying(3)", ["äöü", "ab"], {"texts cut to 3 characters": 1}),
    "text-null": ("VARCHAR2(9)", ["'abcd'", "'ab'"], {"to": "varchar(3)", "overflow": "null"}, "character varying(3)", [None, "ab"], {"a text is longer than 3 characters: NULL stored": 1}),
    "nanoseconds-cut": ("TIMESTAMP(9)", ["TIMESTAMP '2024-01-01 00:00:00.999999999'"], {}, "timestamp(6) without time zone", ["2024-01-01 00:00:00.999999"], {"digits after the microsecond cut": 1}),
    "nanoseconds-round": ("TIMESTAMP(9)", ["TIMESTAMP '2024-01-01 00:00:00.999999500'", "TIMESTAMP '1969-12-31 23:59:59.000000499'", "TIMESTAMP '1969-12-31 23:59:59.999999'"], {"nanoseconds": "round"}, "timestamp(6) without time zone", ["2024-01-01 00:00:01", "1969-12-31 23:59:59", "1969-12-31 23:59:59.999999"], {"digits after the microsecond rounded": 2}),
    "nanoseconds-text": ("TIMESTAMP(9)", ["TIMESTAMP '2024-01-01 00:00:00.123456789'", "NULL"], {"nanoseconds": "text"}, "text", ["2024-01-01 00:00:00.123456789", None], {}),
    "interval-round": ("INTERVAL DAY(9) TO SECOND(9)", ["INTERVAL '-1 00:00:00.0000005' DAY TO SECOND(9)", "INTERVAL '999999999 23:59:59.999999999' DAY(9) TO SECOND(9)"], {"nanoseconds": "round"}, "interval", ["-1 days -00:00:00.000001", "999999999 days 24:00:00"], {"digits after the microsecond rounded": 2}),
    "interval-text": ("INTERVAL DAY TO SECOND(9)", ["INTERVAL '1 00:00:00.123456789' DAY TO SECOND(9)"], {"nanoseconds": "text"}, "text", ["+01 00:00:00.123456789"], {}),
    "years-null": ("INTERVAL YEAR(9) TO MONTH", ["INTERVAL '999999999-11' YEAR(9) TO MONTH", "INTERVAL '-3-02' YEAR TO MONTH"], {"overflow": "null"}, "interval", [None, "-3 years -2 mons"], {"an interval has more years than PostgreSQL's 178,956,970: NULL stored": 1}),
    "moments-null": ("DATE", ["DATE '0001-01-01' - 200", "DATE '-0044-03-15'"], {"moments": "null"}, "timestamp(0) without time zone", [None, "0044-03-15 00:00:00 BC"], {"year 0 exists in Oracle only: NULL stored": 1}),
    "moments-clamp": ("DATE", ["DATE '0001-01-01' - 200", "DATE '1500-02-28'"], {"moments": "clamp"}, "timestamp(0) without time zone", ["0001-01-01 00:00:00", "1500-02-28 00:00:00"], {"year 0 moved to the start of year 1": 1}),
    "last-day": ("DATE", ["TO_DATE('9999-12-31 23:59:59','YYYY-MM-DD HH24:MI:SS')", "DATE '9999-12-30'"], {"last_day": "infinity"}, "timestamp(0) without time zone", ["infinity", "9999-12-30 00:00:00"], {"9999-12-31 stored as infinity": 1}),
    "last-day-zoned": ("TIMESTAMP(3) WITH TIME ZONE", ["TIMESTAMP '9999-12-31 00:00:00 +00:00'"], {"last_day": "infinity"}, "timestamp(3) with time zone", ["infinity"], {"9999-12-31 stored as infinity": 1}),
    "date-infinite": ("DATE", ["DATE '9999-12-31'", "DATE '1969-12-31'"], {"to": "date", "last_day": "infinity"}, "date", ["infinity", "1969-12-31"], {"9999-12-31 stored as infinity": 1}),
    "date-cut": ("DATE", ["TO_DATE('1969-12-31 12:00','YYYY-MM-DD HH24:MI')", "DATE '2024-02-29'"], {"to": "date", "time_of_day": "cut"}, "date", ["1969-12-31", "2024-02-29"], {"time of day cut": 1}),
    "date-text": ("DATE", ["DATE '2024-02-29'", "DATE '0001-01-01' - 200", "DATE '-0044-03-15'"], {"to": "text"}, "text", ["2024-02-29 00:00:00", "0000-06-15 00:00:00", "-0044-03-15 00:00:00"], {}),
    "zone-text": ("TIMESTAMP(6) WITH TIME ZONE", ["TIMESTAMP '2024-10-27 02:30:00.5 +01:00'", "NULL"], {"time_zone": "text"}, "text", ["2024-10-27 02:30:00.500000000 +01:00", None], {}),
    "zone-left-out": ("TIMESTAMP(6) WITH TIME ZONE", ["TIMESTAMP '2024-10-27 02:30:00 +01:00'"], {"to": "timestamp"}, "timestamp without time zone", ["2024-10-27 01:30:00"], {"time zone left out: the label is in UTC": 1}),
    "local-text": ("TIMESTAMP(9) WITH LOCAL TIME ZONE", ["TIMESTAMP '2024-10-27 02:30:00 +01:00'"], {"nanoseconds": "text"}, "text", ["2024-10-27 01:30:00.000000000 +00:00"], {}),
    "boolean": ("NUMBER(1)", ["1", "0", "NULL"], {"to": "boolean"}, "boolean", ["true", "false", None], {}),
    "boolean-null": ("NUMBER(1)", ["1", "7"], {"to": "boolean", "overflow": "null"}, "boolean", ["true", None], {"a number is neither 0 nor 1: NULL stored": 1}),
    "uuid": ("RAW(16)", ["HEXTORAW('00112233445566778899AABBCCDDEEFF')", "NULL"], {"to": "uuid"}, "uuid", ["00112233-4455-6677-8899-aabbccddeeff", None], {}),
    "bigint": ("NUMBER", ["-9223372036854775808", "1E3"], {"to": "bigint"}, "bigint", ["-9223372036854775808", "1000"], {}),
    "integer-rounded": ("NUMBER", ["2.5", "-2.5", "3"], {"to": "integer", "overflow": "cut"}, "integer", ["3", "-3", "3"], {"fractions rounded": 2}),
    "integer-null": ("NUMBER(12,2)", ["2.5", "3", "9999999999"], {"to": "integer", "overflow": "null"}, "integer", [None, "3", None], {"a fraction does not fit integer: NULL stored": 1, "a number is too large for integer: NULL stored": 1}),
    "numeric-rounded": ("NUMBER(12,4)", ["1.2345", "-0.005", "7"], {"to": "numeric(10,2)", "overflow": "cut"}, "numeric(10,2)", ["1.23", "-0.01", "7.00"], {"fractions rounded": 2}),
    "double": ("NUMBER", ["0.1", "1E-30", "12345678901234567890.123456789"], {"to": "double precision"}, "double precision", ["0.1", "1e-30", "1.2345678901234567e+19"], {"digits beyond double precision lost": 1}),
    "real": ("FLOAT(126)", ["0.1", "123456789"], {"to": "real"}, "real", ["0.1", "1.2345679e+08"], {"digits beyond real lost": 1}),
    "widen": ("NUMBER(12)", ["999999999999"], {"to": "integer", "overflow": "widen"}, "bigint", ["999999999999"], {}),
    "infinity": ("BINARY_DOUBLE", ["BINARY_DOUBLE_INFINITY", "BINARY_DOUBLE_NAN", "1.5"], {}, "double precision", ["Infinity", "NaN", "1.5"], {}),
    "infinity-null": ("BINARY_FLOAT", ["-BINARY_FLOAT_INFINITY", "BINARY_FLOAT_NAN", "1.5"], {"infinity": "null"}, "real", [None, None, "1.5"], {"a number is infinite or NaN: NULL stored": 2}),
    "number-text": ("NUMBER", ["1E-30", "-0.5"], {"to": "text"}, "text", ["0." + "0" * 29 + "1", "-0.5"], {}),
}  # fmt: skip


def test_each_policy_changes_what_it_says_and_counts_it(oracle, move):
    """
    Values arrive as each column's policy says, each change is counted, and the digests agree.
    """
    columns = {name: name.upper().replace("-", "_") for name in CASES}
    types = ", ".join(f'"{columns[name]}" {case[0]}' for name, case in CASES.items())
    oracle.run(f'CREATE TABLE t ("#" NUMBER(3), {types})')
    for row in range(3):
        values = [dict(enumerate(case[1])).get(row, "NULL") for case in CASES.values()]
        oracle.run(f"INSERT INTO t VALUES ({row}, {', '.join(values)})")
    policies = [
        {"column": f"T.{columns[name]}", **case[2]} for name, case in CASES.items() if case[2]
    ]

    moved = move("T", *policies)

    table = f"{oracle.schema.lower()}.t"
    for name, (_, values, _, target, expected, altered) in CASES.items():
        column = columns[name].lower()
        assert (name, target) == (name, moved.types[column])
        found = moved.select(f'SELECT "{column}"::text FROM {table} ORDER BY "#"')
        assert (name, expected) == (name, found[: len(values)])
        counted = {
            key.split(": ", 1)[1]: count
            for key, count in moved.altered.items()
            if key.startswith(f"{columns[name]}: ")
        }
        assert (name, altered) == (name, counted)
    assert (True, ()) == (moved.verdict.is_verified, moved.verdict.findings)


def test_a_zone_is_kept_in_a_column_beside(oracle, move):
    """
    The instant in one column, the row's own zone in another.
    """
    oracle.run(
        'CREATE TABLE t (id NUMBER(3), "AT" TIMESTAMP(3) WITH TIME ZONE NOT NULL)',
        "INSERT INTO t VALUES (1, TIMESTAMP '2024-10-27 02:30:00.5 +01:00')",
        "INSERT INTO t VALUES (2, TIMESTAMP '2024-10-27 02:30:00.5 -09:30')",
    )

    moved = move("T", {"column": "T.AT", "time_zone": "column"})

    assert {"id": "smallint", "at": "timestamp(3) with time zone", "at_zone": "text"} == moved.types
    schema = oracle.schema.lower()
    shown = f"(at AT TIME ZONE 'UTC')::text || ' ' || at_zone FROM {schema}.t ORDER BY id"
    assert ["2024-10-27 01:30:00.5 +01:00", "2024-10-27 12:00:00.5 -09:30"] == moved.select(
        f"SELECT {shown}"
    )
    assert moved.verdict.is_verified


def test_invalid_bytes_are_replaced_or_kept_as_bytes(simulator, move):
    """
    Text that is no UTF-8 is refused by default, repaired or kept as bytes on request.
    """
    made = pa.array([b"ok", b"\xff\xc3\xa4", None], pa.large_binary())
    texts = pa.Array.from_buffers(pa.large_string(), 3, made.buffers())
    for name in "ABC":
        simulator.run(f"CREATE TABLE {name} (v VARCHAR2(9))")
        simulator.bulk_load(name, {"V": texts})
    schema = simulator.schema.lower()

    with pytest.raises(SourceDataError, match="no UTF-8"):
        move("A")
    repaired = move("B", {"invalid_bytes": "replace"})
    kept = move("C", {"invalid_bytes": "bytea"})

    assert ["ok", "\ufffdä", None] == repaired.select(f"SELECT v FROM {schema}.b")
    assert {"V: invalid bytes replaced": 1} == repaired.altered
    assert [b"ok", b"\xff\xc3\xa4", None] == kept.select(f"SELECT v FROM {schema}.c")
    assert repaired.verdict.is_verified and kept.verdict.is_verified


@pytest.mark.parametrize(
    ("type", "policy", "words"),
    [
        ("RAW(32)", {"column": "T.C", "to": "uuid"}, "RAW cannot be loaded into uuid"),
        ("VARCHAR2(9)", {"column": "T.C", "to": "bigint"}, "cannot be loaded into bigint"),
        ("NUMBER", {"column": "T.C", "nul": "remove"}, "nul says nothing about it"),
        ("NUMBER", {"column": "T.MISSING", "overflow": "null"}, "selects no column"),
    ],
)
def test_a_policy_that_cannot_be_kept_is_refused(oracle, move, type, policy, words):
    """
    A type that the column cannot take, a setting without meaning and a slip are errors.
    """
    oracle.run(f"CREATE TABLE t (c {type})")

    with pytest.raises(RequestError, match=words):
        move("T", policy)


def test_documents_and_vectors_arrive(newest_oracle, move_newest):
    """
    JSON, XML, vectors and booleans by default, text as jsonb on request; both sides agree.
    """
    newest_oracle.run(
        "CREATE TABLE d (id NUMBER(3), j JSON, k JSON, x XMLTYPE, y XMLTYPE, v VECTOR(3, FLOAT64), "
        "w VECTOR, b BOOLEAN, c CLOB)",
        'INSERT INTO d VALUES (1, JSON(\'{"b":1.50,"a":[null,"ä"]}\'), JSON(\'{"b":1.50, "a":1}\'), '
        "XMLTYPE('<a>1</a>'), XMLTYPE('<a>ä</a>'), TO_VECTOR('[0.1,-2,3e-300]', 3, FLOAT64), "
        "TO_VECTOR('[1,2]'), TRUE, '{\"x\": 0.10, \"x\": 2}')",
        "INSERT INTO d (id, b) VALUES (2, FALSE)",
    )

    moved = move_newest(
        "D",
        {"column": "D.K", "to": "text"},
        {"column": "D.Y", "to": "text"},
        {"column": "D.W", "to": "jsonb"},
        {"column": "D.C", "to": "jsonb"},
    )

    table = f"{newest_oracle.schema.lower()}.d"
    row = moved.select(f"SELECT to_jsonb(d) - 'id' FROM {table} d ORDER BY id")
    assert {
        "j": {"a": [None, "ä"], "b": 1.5}, "k": '{"b":1.5,"a":1}', "x": "<a>1</a>",
        "y": "<a>ä</a>", "v": "[1.0E-001,-2.0E+000,3.0E-300]", "w": [1.0, 2.0], "b": True,
        "c": {"x": 2},
    } == row[0]  # fmt: skip
    assert {name: None for name in "jkxyvwc"} | {"b": False} == row[1]
    assert (True, ()) == (moved.verdict.is_verified, moved.verdict.findings)


def test_text_that_is_no_json_is_refused_by_the_server(oracle, move):
    """
    The server checks each document of a text column that is to be jsonb.
    """
    oracle.run("CREATE TABLE t (c VARCHAR2(20))", "INSERT INTO t VALUES ('{no json}')")

    with pytest.raises(CopyRejected):
        move("T", {"column": "C", "to": "jsonb"})


def test_the_rarer_types_arrive(oracle, move):
    """
    LONG, LONG RAW, ROWIDs, long VARCHAR2s and national texts, NULLs beside them.
    """
    oracle.run(
        "CREATE TABLE a (id NUMBER(3), l LONG, r ROWID, u UROWID, n NCHAR(3), v NVARCHAR2(10), "
        "x VARCHAR2(4000), i INTEGER)",
        "CREATE TABLE b (id NUMBER(3), l LONG RAW)",
    )
    with oracle.connect() as connection:
        cursor = connection.cursor()
        cursor.execute(
            "INSERT INTO a (id, l, n, v, x, i) VALUES (1, :1, 'ä', 'naïve 🚢', :2, :3)",
            ["ü" * 40_000, "ß" * 2000, 10**37],
        )
        cursor.execute("UPDATE a SET r = ROWID, u = ROWID")
        cursor.execute("SELECT ROWIDTOCHAR(ROWID) FROM a")
        ((rowid,),) = cursor.fetchall()
        cursor.execute("INSERT INTO a (id) VALUES (2)")
        cursor.execute("INSERT INTO b VALUES (1, :1)", [bytes(range(256)) * 200])
        connection.commit()

    a, b = move("A"), move("B")

    schema = oracle.schema.lower()
    rows = a.select(f"SELECT to_jsonb(a) - 'id' FROM {schema}.a a ORDER BY id")
    assert {
        "l": "ü" * 40_000, "r": rowid, "u": rowid, "n": "ä  ", "v": "naïve 🚢", "x": "ß" * 2000,
        "i": 10**37,
    } == rows[0]  # fmt: skip
    assert {None} == set(rows[1].values())
    assert [bytes(range(256)) * 200] == b.select(f"SELECT l FROM {schema}.b")
    assert a.verdict.is_verified and b.verdict.is_verified


def test_objects_and_collections_arrive_as_jsonb(oracle, move):
    """
    Nested objects, VARRAYs, NULL and empty kept apart; every row has its own.
    """
    oracle.run(
        "CREATE OR REPLACE TYPE addr AS OBJECT (street VARCHAR2(30), num NUMBER, since DATE, "
        "tag RAW(4))",
        "CREATE OR REPLACE TYPE nums AS VARRAY(10) OF NUMBER",
        "CREATE OR REPLACE TYPE words AS TABLE OF VARCHAR2(20)",
        "CREATE OR REPLACE TYPE person AS OBJECT (name VARCHAR2(10), home addr, scores nums)",
        "CREATE TABLE o (id NUMBER(3), p person, n nums, w words) NESTED TABLE w STORE AS o_w",
        "INSERT INTO o VALUES (1, person('P', addr('x\"y', 1.50, DATE '2024-01-02', "
        "HEXTORAW('00FF')), nums(1, 0.1, NULL)), nums(), words('a', 'ü'))",
        "INSERT INTO o VALUES (2, person(NULL, NULL, NULL), nums(7), words())",
        "INSERT INTO o (id) VALUES (3)",
    )

    moved = move("O")

    assert {"p": "jsonb", "n": "jsonb", "w": "jsonb", "id": "smallint"} == moved.types
    table = f"{oracle.schema.lower()}.o"
    assert [
        {
            "p": {
                "NAME": "P",
                "HOME": {
                    "STREET": 'x"y',
                    "NUM": 1.5,
                    "SINCE": "2024-01-02T00:00:00",
                    "TAG": "00FF",
                },
                "SCORES": [1, 0.1, None],
            },
            "n": [],
            "w": ["a", "ü"],
        },
        {"p": {"NAME": None, "HOME": None, "SCORES": None}, "n": [7], "w": []},
        {"p": None, "n": None, "w": None},
    ] == moved.select(f"SELECT to_jsonb(o) - 'id' FROM {table} o ORDER BY id")
    assert (True, ()) == (moved.verdict.is_verified, moved.verdict.findings)
