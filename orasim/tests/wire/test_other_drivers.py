"""What drivers other than python-oracledb read: platform, older descriptors, prefetched rows."""

from __future__ import annotations

from orasim.engine import ColumnInfo
from orasim.wire.describe import describe_body
from orasim.wire.login import PERSONALITIES, PLATFORM, Negotiated, protocol_reply

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
