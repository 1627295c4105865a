"""Breaks: how a client's cancel or timeout is noticed and answered (wire notes §9)."""

from __future__ import annotations

import select
import socket
import ssl
import time

from orasim.wire.packets import MARK_BREAK, MARK_RESET, MARKER, Channel

POLL_SECONDS = 0.02
_TYPE_AT = 4  # the packet type's place in both forms of the header


def wants_break(channel: Channel) -> bool:
    """
    True when the next thing the client sent is a marker, or that it left.

    Requests sent ahead (pipelining) are no break. Through TLS the bytes cannot be looked
    at without reading them: there, any input counts, which only pipelining would prove wrong.
    """
    connection = channel.socket
    try:
        if isinstance(connection, ssl.SSLSocket):
            return connection.pending() > 0 or bool(select.select([connection], [], [], 0)[0])
        head = connection.recv(_TYPE_AT + 1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except (OSError, ValueError):
        return True
    return not head or (len(head) > _TYPE_AT and head[_TYPE_AT] == MARKER)


def pause(channel: Channel, seconds: float) -> None:
    """Say nothing for *seconds*, or until the client breaks or leaves."""
    until = time.monotonic() + seconds
    while (rest := until - time.monotonic()) > 0 and not wants_break(channel):
        time.sleep(min(rest, POLL_SECONDS))


def answer_break(channel: Channel) -> None:
    """
    The server's half of a cancelled call: marker, wait for the client's reset, reset.

    Whatever the client had in flight is thrown away; the error message is the caller's to
    send.
    """
    channel.send(MARKER, bytes((1, 0, MARK_BREAK)))
    while True:
        packet = channel.receive()
        if packet.type == MARKER and packet.payload[2:3] == bytes((MARK_RESET,)):
            break
    channel.send(MARKER, bytes((1, 0, MARK_RESET)))
