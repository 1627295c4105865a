"""LOBs of 100 MB in pieces: what they cost does not grow with their size."""

from __future__ import annotations

import tracemalloc

import oracledb
import pytest
from orasim.engine import LobValue
from orasim.wire.openlobs import OpenLob

MB = 1024 * 1024


@pytest.mark.parametrize("is_character", [True, False])
def test_a_hundred_megabytes_in_pieces(is_character):
    """Written and read in pieces, the server holds the value once, as it travels."""
    tracemalloc.start()
    lob = OpenLob(LobValue(is_character, b"", temporary=True))
    unit = lob.unit
    piece = (b"\0a" if is_character else b"a") * MB
    for number in range(100):
        lob.write(1 + number * MB, piece)
    assert lob.size == 100 * MB
    assert all(lob.read(1 + number * MB, MB) == piece for number in range(0, 100, 9))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < (100 * unit + 30) * MB


def test_stored_ascii_text_is_cut_before_it_is_converted():
    """Reading a stored CLOB by pieces makes no second copy of it."""
    lob = OpenLob(LobValue(True, b"x" * (100 * MB)))
    tracemalloc.start()
    assert lob.read(50 * MB, 10) == b"\0x" * 10
    assert [lob.size, tracemalloc.get_traced_memory()[1] < MB] == [100 * MB, True]
    tracemalloc.stop()


def test_text_beyond_ascii_counts_utf16_units():
    """Positions are UCS-2 units; writes, gaps and trims keep the rest."""
    lob = OpenLob(LobValue(True, "aé😀z".encode(), temporary=True))
    assert lob.size == 5
    lob.write(7, "é".encode("utf-16-be"))
    lob.write(1, "ZZ".encode("utf-16-be"))
    assert lob.value.data.decode() == "ZZ😀z é"
    lob.trim(2)
    assert lob.value.data == b"ZZ"


@pytest.mark.parametrize("kind", [oracledb.DB_TYPE_CLOB, oracledb.DB_TYPE_BLOB])
def test_the_driver_writes_and_reads_pieces(kind):
    """Twelve megabytes over the wire, written in pieces, stored, and read in others."""
    from orasim.database import Database
    from orasim.server import OrasimServer

    database = Database()
    database.create_user("SCOTT", "tiger")
    with (
        OrasimServer(database) as server,
        oracledb.connect(
            user="scott", password="tiger", dsn=f"127.0.0.1:{server.port}/ORASIM"
        ) as session,
    ):
        cursor = session.cursor()
        cursor.execute("create table t (c clob, b blob)")
        lob = session.createlob(kind)
        pieces = [chr(97 + n) * MB for n in range(12)]
        for n, piece in enumerate(pieces):
            lob.write(piece if kind is oracledb.DB_TYPE_CLOB else piece.encode(), 1 + n * MB)
        column = "c" if kind is oracledb.DB_TYPE_CLOB else "b"
        cursor.execute(f"insert into t ({column}) values (:1)", [lob])
        (stored,) = cursor.execute(f"select {column} from t").fetchone()
        found = [stored.read(1 + at, 3 * MB) for at in range(0, 12 * MB, 3 * MB)]
        whole = "".join(pieces)
        parts = [whole[at : at + 3 * MB] for at in range(0, 12 * MB, 3 * MB)]
        assert found == (parts if column == "c" else [part.encode() for part in parts])
