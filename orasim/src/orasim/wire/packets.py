"""TNS packets on a socket: header forms, DATA flags, markers."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

CONNECT, ACCEPT, REFUSE, RESEND, DATA, MARKER, CONTROL = 1, 2, 4, 11, 6, 12, 14
KNOWN = {CONNECT, DATA, MARKER, CONTROL}  # what clients send
FLAG_EOF, FLAG_END_OF_REQUEST, FLAG_END_OF_RESPONSE = 0x0040, 0x0800, 0x2000
MARK_BREAK, MARK_RESET, MARK_INTERRUPT = 1, 2, 3
MAX_PACKET = 1 << 26
# A connection that is paced is sent pieces of so many seconds.
PACE_SECONDS = 0.02


class Break(Exception):
    """The client sent a marker: it wants the running call to end."""


class Closed(Exception):
    """The client went away."""


@dataclass(slots=True)
class Packet:
    """One packet; *flags* are the data flags of DATA, which *payload* then lacks."""

    type: int
    payload: bytes
    flags: int = 0


class Channel:
    """Packets over one connection. ``large`` lengths (4 bytes) begin after ACCEPT."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.large = False
        self.sdu = 8192
        self.bytes_in = 0
        self.bytes_out = 0
        # Faults on request: a limit on what is sent, a pause in the middle of the next reply.
        self.bytes_per_second: Callable[[], int] = int
        self.on_half_sent: Callable[[], None] | None = None

    def _exactly(self, length: int) -> bytes:
        data = bytearray(length)
        view, at = memoryview(data), 0
        while at < length:
            try:
                got = self.socket.recv_into(view[at:])
            except OSError as error:
                raise Closed(str(error)) from error
            if not got:
                raise Closed("end of stream")
            at += got
        self.bytes_in += length
        return bytes(data)

    def receive(self) -> Packet:
        """The next packet."""
        header = self._exactly(8)
        length = int.from_bytes(header[0:4] if self.large else header[0:2], "big")
        if not 8 <= length <= MAX_PACKET:
            raise Closed(f"a packet of {length} bytes is none")
        kind = header[4]
        if kind not in KNOWN:
            raise Closed(f"a packet of type {kind} is none")
        payload = self._exactly(length - 8)
        if kind == DATA:
            if len(payload) < 2:
                raise Closed("a DATA packet without flags")
            return Packet(kind, payload[2:], int.from_bytes(payload[:2], "big"))
        return Packet(kind, payload)

    def receive_data(self) -> bytes:
        """The next DATA packet's bytes; Break when a marker comes instead."""
        while True:
            packet = self.receive()
            if packet.type == DATA:
                if packet.flags & FLAG_EOF:
                    raise Closed("end of session")
                return packet.payload
            if packet.type == MARKER:
                raise Break
            if packet.type != CONTROL:
                raise Closed(f"packet type {packet.type} has no place here")

    def _send(self, data: bytes | bytearray) -> None:
        pause, self.on_half_sent = self.on_half_sent, None
        if pause is not None:
            half = len(data) // 2
            self._send_paced(data[:half])
            pause()
            data = data[half:]
        self._send_paced(data)

    def _send_paced(self, data: bytes | bytearray) -> None:
        rate = self.bytes_per_second()
        step = max(1, int(rate * PACE_SECONDS)) if rate else max(1, len(data))
        view = memoryview(data)
        for start in range(0, len(view), step):
            piece = view[start : start + step]
            try:
                self.socket.sendall(piece)
            except OSError as error:
                raise Closed(str(error)) from error
            self.bytes_out += len(piece)
            if rate:
                time.sleep(len(piece) / rate)

    def _header(self, length: int, kind: int) -> bytes:
        lengths = struct.pack(
            ">I" if self.large else ">HH", *([length] if self.large else [length, 0])
        )
        return lengths + bytes((kind, 0, 0, 0))

    def send(self, kind: int, payload: bytes) -> None:
        """One packet that is not DATA."""
        self._send(self._header(8 + len(payload), kind) + payload)

    def send_data(self, data: bytes | bytearray, *, ends_response: bool) -> None:
        """*data* as DATA packets of at most the negotiated size."""
        usable = self.sdu - 10
        view = memoryview(data)
        out = bytearray()
        for start in range(0, max(len(view), 1), usable):
            piece = view[start : start + usable]
            last = start + usable >= len(view)
            flags = FLAG_END_OF_RESPONSE if ends_response and last else 0
            out += self._header(10 + len(piece), DATA)
            out += flags.to_bytes(2, "big")
            out += piece
            if len(out) > 1 << 20:
                self._send(out)
                out = bytearray()
        self._send(out)
