"""What drivers other than python-oracledb read: platform, older descriptors, prefetched rows."""

from __future__ import annotations

import oracledb
from canned import Rows
from orasim.database import Database
from orasim.engine import ColumnInfo
from orasim.server import OrasimServer
from orasim.storage.codec import decode_timestamp_tz, encode_timestamp_tz
from orasim.values import OraDate
from orasim.wire.describe import describe_body
from orasim.wire.login import PERSONALITIES, PLATFORM, Negotiated, protocol_reply
from orasim.wire.statements import Statements

from orasim import engine as t

THIN = Negotiated(12, "python-oracledb thn : 26.1.0", end_of_response=False)
GO_ORA = Negotiated(12, "OracleClientGo", end_of_response=False)


def test_protocol_reply_names_a_platform():
    """node-oracledb gives up on a name of more than 48 bytes."""
    reply = protocol_reply(PLATFORM, 873, PERSONALITIES["19c"])
    assert reply.startswith(b"\x01\x06\x00" + PLATFORM.encode() + b"\x00")
    assert len(PLATFORM) < 48


def test_scale_is_wide_for_drivers_of_the_older_kind():
    """OCI and JDBC read two bytes of scale for numbers and timestamps, thin drivers one."""
    plain = ColumnInfo("N", t.TYPE_NUMBER, precision=8, scale=2, buffer_size=22)
    negative = ColumnInfo("F", t.TYPE_NUMBER, precision=126, scale=-127, buffer_size=22)
    text = ColumnInfo("V", t.TYPE_VARCHAR, buffer_size=10, max_chars=10)
    assert b"\x02\x00\x08\x02\x01\x16" in describe_body([plain], THIN)
    assert b"\x02\x00\x08\x01\x02\x01\x16" in describe_body([plain], GO_ORA)
    assert b"\x02\x00\x7e\x81\x01\x16" in describe_body([negative], THIN)
    assert b"\x02\x00\x7e\x81\x7f\x01\x16" in describe_body([negative], GO_ORA)
    assert describe_body([text], THIN) == describe_body([text], GO_ORA)


def test_last_rowid():
    """A changed row's ROWID comes back with the count; none for index-organized tables."""
    database = Database(version="19c")
    database.create_user("SCOTT", "tiger")
    with (
        OrasimServer(database) as server,
        oracledb.connect(
            user="scott", password="tiger", dsn=f"127.0.0.1:{server.port}/ORASIM"
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("create table heap (a number primary key)")
        cursor.execute("create table iot (a number primary key) organization index")
        cursor.execute("insert into heap values (1)")
        cursor.execute("select a from heap where rowid = :1", [cursor.lastrowid])
        assert [(1,)] == cursor.fetchall()
        cursor.execute("update heap set a = 2 where a = 5")
        assert cursor.lastrowid is None
        cursor.execute("insert into iot values (1)")
        assert cursor.lastrowid is None


def test_cancelled_cursors_stay_open():
    """The piggyback 120 of node-oracledb ends the fetch, not the cursor."""
    statements = Statements()
    statement = statements.open("select 1 from dual")
    statement.result = Rows([], [])
    statements.cancel(statement.number)
    statements.cancel(99)
    assert (None, statement) == (statement.result, statements.find(statement.number))


def test_zones_as_other_drivers_send_them():
    """Regions by Oracle's numbers; a flag says that the fields are local already."""
    utc = bytes.fromhex("787c021d0d0101000000 00d004".replace(" ", ""))
    assert OraDate(2024, 2, 29, 12, offset_minutes=0, region="UTC") == decode_timestamp_tz(utc)
    assert utc == encode_timestamp_tz(decode_timestamp_tz(utc))
    local = bytes.fromhex("787c021d0d01010000000056 3c".replace(" ", ""))
    assert OraDate(2024, 2, 29, 12, offset_minutes=120) == decode_timestamp_tz(local)
