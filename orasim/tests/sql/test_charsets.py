"""Databases that are not AL32UTF8: sizes, bytes, replacements, order, and the driver's view."""

from __future__ import annotations

import hashlib

import oracledb
import pytest
from orasim.database import Database
from orasim.server import OrasimServer


@pytest.fixture
def asker(oracle):
    """A session of a database with another character set."""

    def opened(charset):
        database = Database(charset=charset)
        database.create_user("SCOTT", "tiger", profile="catalog-owner")
        return type(oracle)(database, database.open_session("SCOTT", "test", 1, 1))

    return opened


@pytest.fixture
def western(asker):
    oracle = asker("WE8MSWIN1252")
    oracle.run("CREATE TABLE t (a VARCHAR2(3), c CHAR(2), n NVARCHAR2(3), l CLOB)")
    return oracle


def test_a_western_database_has_a_byte_for_each_character(western):
    """
    The euro sign is the byte 128: three of them fit into VARCHAR2(3), CHR and DUMP agree.
    """
    western.run("INSERT INTO t (a, c) VALUES ('€üß', 'é')")

    assert [(3, 3, "Typ=1 Len=3: 128,252,223", 2)] == western.rows(
        "SELECT LENGTHB(a), LENGTH(a), DUMP(a), LENGTHB(c) FROM t"
    )
    assert [("€", 128, b"\x80", "€")] == western.rows(
        "SELECT CHR(128), ASCII('€'), UTL_RAW.CAST_TO_RAW('€'), "
        "UTL_RAW.CAST_TO_VARCHAR2(HEXTORAW('80')) FROM dual"
    )
    assert 3001 == western.error("SELECT CHR(129) FROM dual")
    assert [(hashlib.sha1(b"\x80").digest(),)] == western.rows(
        "SELECT STANDARD_HASH('€') FROM dual"
    )


def test_what_a_western_database_has_not_is_replaced(western):
    """
    In literals and columns; national columns keep it when it comes by UNISTR.
    """
    western.run(
        "INSERT INTO t VALUES (UNISTR('\\0436x'), NULL, UNISTR('\\0436'), UNISTR('\\0436'))"
    )

    assert [("¿x", "ж", "¿", "¿")] == western.rows("SELECT a, n, 'ж', TO_CHAR(l) FROM t")
    assert [("¿", 1, 2)] == western.rows(
        "SELECT TO_CHAR(n), LENGTHB(TO_CHAR(n)), LENGTHB(n) FROM t"
    )


def test_a_national_text_is_hashed_in_its_own_set_and_its_conversion_in_the_databases(asker):
    """
    TO_CHAR of an NVARCHAR2 is a VARCHAR2: its bytes are UTF-8 in a database of AL32UTF8.
    """
    oracle = asker("AL32UTF8")
    oracle.run("CREATE TABLE t (n NVARCHAR2(3))", "INSERT INTO t VALUES ('é')")

    own, converted = (hashlib.md5("é".encode(code)).digest() for code in ("utf-16-be", "utf-8"))
    assert [(own, converted)] == oracle.rows(
        "SELECT STANDARD_HASH(n, 'MD5'), STANDARD_HASH(TO_CHAR(n), 'MD5') FROM t"
    )


def test_binary_order_is_that_of_the_stored_bytes(western):
    """
    The euro sign sorts before é in WE8MSWIN1252, and after it by code points.
    """
    western.run("INSERT INTO t (a) VALUES ('é')", "INSERT INTO t (a) VALUES ('€')")

    assert [("€",), ("é",)] == western.rows("SELECT a FROM t ORDER BY a")
    assert [("€",)] == western.rows("SELECT a FROM t WHERE a < 'é'")
    assert [("€", "é")] == western.rows("SELECT MIN(a), MAX(a) FROM t")


def test_utf8_stores_supplementary_characters_as_surrogates(asker):
    """
    An emoji takes six bytes and counts as two characters; clients get one character.
    """
    oracle = asker("UTF8")
    oracle.run(
        "CREATE TABLE t (a VARCHAR2(6), b VARCHAR2(2 CHAR))", "INSERT INTO t VALUES ('😀', '😀')"
    )

    assert [("😀", 6, 2, "Typ=1 Len=6 CharacterSet=UTF8: ed,a0,bd,ed,b8,80")] == oracle.rows(
        "SELECT a, LENGTHB(a), LENGTH(b), DUMP(a, 1016) FROM t"
    )
    assert 12899 == oracle.error("INSERT INTO t (a) VALUES ('😀x')")
    assert 12899 == oracle.error("INSERT INTO t (b) VALUES ('😀x')")


@pytest.mark.parametrize("charset", ["WE8MSWIN1252", "UTF8", "US7ASCII", "CL8MSWIN1251"])
def test_the_dictionary_names_the_set_and_its_sizes(asker, charset):
    """
    NLS_CHARACTERSET, USERENV, and DATA_LENGTH of a column in characters.
    """
    oracle = asker(charset)
    oracle.run("CREATE TABLE t (a VARCHAR2(10 CHAR))")

    assert [(charset, f"AMERICAN_AMERICA.{charset}")] == oracle.rows(
        "SELECT value, SYS_CONTEXT('USERENV', 'LANGUAGE') FROM nls_database_parameters "
        "WHERE parameter = 'NLS_CHARACTERSET'"
    )
    assert [(30 if charset == "UTF8" else 10, 10)] == oracle.rows(
        "SELECT data_length, char_length FROM user_tab_columns"
    )


def test_the_driver_reads_and_writes_a_western_database():
    """
    Over the wire text is UTF-8; what was bound and has no byte comes back replaced.
    """
    database = Database(charset="WE8MSWIN1252")
    database.create_user("SCOTT", "tiger")
    with (
        OrasimServer(database, "127.0.0.1", 0, "19c") as server,
        oracledb.connect(
            user="scott", password="tiger", dsn=f"127.0.0.1:{server.port}/ORASIM"
        ) as connection,
    ):
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE t (a VARCHAR2(9), l CLOB)")
        cursor.execute("INSERT INTO t VALUES (:1, :2)", ["€ж", "grün"])
        found = cursor.execute("SELECT a, l, LENGTHB(a) FROM t").fetchone()

        assert ("€¿", "grün", 2) == (found[0], found[1].read(), found[2])


def test_unknown_sets_and_bulk_loads_beyond_ascii_are_refused(asker):
    """
    ORA-12715 for a set that is not known; bulk_load says what it cannot do.
    """
    import pyarrow as pa
    from orasim.engine import OracleError

    with pytest.raises(OracleError, match="ORA-12715"):
        Database(charset="ZHS16GBK")
    oracle = asker("WE8MSWIN1252")
    oracle.run("CREATE TABLE t (a VARCHAR2(9))")
    with pytest.raises(ValueError, match="ASCII text only"):
        oracle.database.bulk_load("SCOTT", "T", pa.record_batch({"A": ["é"]}))
