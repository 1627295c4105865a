"""From CONNECT to a session: listener, protocol negotiation, authentication (wire notes §1-4)."""

from __future__ import annotations

import logging
import re
import secrets
import struct
from dataclasses import dataclass

from orasim.engine import Engine, OracleError
from orasim.wire import packets
from orasim.wire.crypto import VERIFIER_11G, VERIFIER_12C, Logon
from orasim.wire.packets import Channel, Closed
from orasim.wire.primitives import Reader, clr, key_value, ub
from orasim.wire.status import error_message

logger = logging.getLogger("orasim")

MAX_SDU = 2_097_152
NO_HANDLER = 12520  # no such kind of server: there are no pooled ones (DRCP) here


@dataclass(frozen=True, slots=True)
class Personality:
    """A server generation as clients see it: protocol version, field version, abilities."""

    protocol: int
    field_version: int
    end_of_response: bool


PERSONALITIES = {
    "12.1": Personality(315, 7, False),
    "12.2": Personality(315, 8, False),
    "19c": Personality(315, 12, False),
    "23ai": Personality(319, 24, True),
}


@dataclass(slots=True)
class Negotiated:
    """What both sides agreed on."""

    field_version: int
    driver: str
    end_of_response: bool

    @property
    def is_oci(self) -> bool:
        """True for drivers that follow Oracle's own OCI and JDBC rather than the thin drivers."""
        return self.driver.startswith(("OracleClientGo", "Java_TTC"))


def listen(channel: Channel, engine: Engine, personality: Personality, refusal: int = 0) -> str:
    """Answer CONNECT; the client's program name. Closed when refused, as *refusal* also asks."""
    packet = channel.receive()
    if packet.type != packets.CONNECT:
        raise Closed("the first packet is no CONNECT")
    payload = packet.payload
    length, offset = struct.unpack_from(">HH", payload, 16)
    sdu = struct.unpack_from(">H", payload, 6)[0]
    if len(payload) >= 58 and offset >= 66:
        sdu = struct.unpack_from(">I", payload, 50)[0] or sdu
    text = payload[offset - 8 : offset - 8 + length]
    if len(text) < length:
        text = channel.receive_data()
    descriptor = text.decode("utf-8", "replace")
    service = _parameter(descriptor, "SERVICE_NAME")
    sid = _parameter(descriptor, "SID")
    if service is not None and not engine.has_service(service):
        _refuse(channel, 12514)
    if service is None and (sid is None or not engine.has_service(sid)):
        _refuse(channel, 12505)
    if (_parameter(descriptor, "SERVER") or "").upper() == "POOLED":
        refusal = refusal or NO_HANDLER
    if refusal:
        _refuse(channel, refusal)
    channel.sdu = max(512, min(sdu, MAX_SDU))
    flags = 0x12000000 if personality.end_of_response else 0
    sdu16 = min(channel.sdu, 0xFFFF)
    channel.send(
        packets.ACCEPT,
        struct.pack(
            ">HHHHHHHBB8xIIBI",
            personality.protocol,
            0,  # no attention: the client then breaks with in-band markers
            sdu16,
            sdu16,
            1,
            0,
            0x2D,
            4,  # native network services off
            4,
            channel.sdu,
            channel.sdu,
            0,
            flags,
        ),
    )
    channel.large = personality.protocol >= 315
    return _parameter(descriptor, "PROGRAM") or "unknown"


def _parameter(descriptor: str, name: str) -> str | None:
    found = re.search(rf"\(\s*{name}\s*=\s*([^)]*)\)", descriptor, re.IGNORECASE)
    return found.group(1).strip() if found else None


def _refuse(channel: Channel, code: int) -> None:
    text = f"(DESCRIPTION=(TMP=)(VSNNUM=0)(ERR={code})(ERROR_STACK=(ERROR=(CODE={code})(EMFI=4))))"
    channel.send(packets.REFUSE, bytes((34, 0)) + struct.pack(">H", len(text)) + text.encode())
    raise Closed(f"refused with ORA-{code}")


# A server names its platform here, not its product; node-oracledb reads 48 bytes at most.
PLATFORM = "x86_64/Linux 2.4.xx"


def protocol_reply(banner: str, charset_id: int, personality: Personality) -> bytes:
    """PRO: banner, character sets, capabilities."""
    compile_caps = bytearray(55)
    compile_caps[4] = 0xEF
    compile_caps[7] = personality.field_version
    compile_caps[15] = 1
    compile_caps[16] = 0x91
    compile_caps[23] = 0x0F
    compile_caps[27] = 1
    compile_caps[37] = 0x20
    if personality.end_of_response:
        compile_caps[40] = 0x20
    runtime_caps = bytearray(13)
    runtime_caps[0], runtime_caps[6] = 2, 4
    fdo = bytes(9) + bytes((0x07, 0xD0))
    return b"".join(
        (
            b"\x01\x06\x00",
            banner.encode(),
            b"\x00",
            struct.pack("<H", charset_id),
            b"\x01",
            struct.pack("<H", 0),
            struct.pack(">H", len(fdo)),
            fdo,
            bytes((len(compile_caps),)),
            compile_caps,
            bytes((len(runtime_caps),)),
            runtime_caps,
        )
    )


DATA_TYPES_REPLY = b"\x02\x00\x00"


def read_protocol(reader: Reader) -> str:
    """PRO's request after its type byte; the driver's name."""
    while reader.u8():
        pass
    return _until_zero(reader)


def _until_zero(reader: Reader) -> str:
    name = bytearray()
    while byte := reader.u8():
        name.append(byte)
    return name.decode("utf-8", "replace")


def read_data_types(reader: Reader, *, walk: bool) -> int:
    """
    DTY's request after its type byte; the client's field version.

    In classic login the table of types ends the message and is thrown away; in fast
    authentication it is followed by more and must be walked.
    """
    reader.raw(4)
    reader.u8()
    caps = reader.raw(reader.u8())
    runtime = reader.raw(reader.u8())
    if not walk:
        reader.skip_rest()
        return caps[7]
    if runtime and runtime[0] and len(runtime) > 1 and runtime[1] & 1:
        reader.raw(11)
    while int.from_bytes(reader.raw(2), "big"):
        if int.from_bytes(reader.raw(2), "big"):
            reader.raw(4)
    return caps[7]


def read_auth(reader: Reader) -> tuple[str, dict[str, str]]:
    """A function call 118 or 115 after its header: the user and the parameters."""
    has_user = reader.u8()
    length = reader.ub()
    reader.ub()
    reader.u8()
    count = reader.ub()
    reader.u8()
    reader.u8()
    user = ""
    if has_user and length:
        user = (reader.clr() or b"").decode()
    pairs: dict[str, str] = {}
    context: list[str] = []
    for _ in range(count):
        key, value = reader.dalc(), reader.dalc()
        reader.ub()
        name, text = key.decode("utf-8", "replace").rstrip("\0"), value.decode("utf-8", "replace")
        if name.startswith("AUTH_APPCTX_"):
            context.append(text)  # namespace, attribute, value, and again
        else:
            pairs[name] = text
    pairs["AUTH_APPCTX"] = "\0".join(context)
    return user, pairs


# What the client says of itself at login, by the names of V$SESSION.
_CLIENT = {
    "AUTH_TERMINAL": "terminal",
    "AUTH_MACHINE": "machine",
    "AUTH_PID": "process",
    "AUTH_SID": "osuser",
    "SESSION_CLIENT_DRIVER_NAME": "client_driver",
}


def client_attributes(pairs: dict[str, str]) -> dict[str, str]:
    """Terminal, machine, process, user and driver of the client, as far as it told."""
    return {name: pairs[key] for key, name in _CLIENT.items() if pairs.get(key)}


def parameters_reply(pairs: list[tuple[str, str, int]]) -> bytes:
    """Message 8 of the login: a list of pairs."""
    return b"\x08" + ub(len(pairs)) + b"".join(key_value(*pair) for pair in pairs)


def version_number(version: tuple[int, int, int, int, int]) -> int:
    """AUTH_VERSION_NO: packed differently from 18.1 on."""
    major, minor, update, patch, port = version
    if major >= 18:
        return major << 24 | minor << 16 | update << 12 | patch << 4 | port
    return major << 24 | minor << 20 | update << 12 | patch << 8 | port


class Login:
    """The conversation from PRO to the end of authentication."""

    def __init__(self, engine: Engine, personality: Personality, verifier: str) -> None:
        self._engine = engine
        self._personality = personality
        self._verifier = VERIFIER_11G if verifier == "11g" else VERIFIER_12C
        self._logon: Logon | None = None
        self._user = ""
        self.negotiated = Negotiated(personality.field_version, "", False)

    @property
    def user(self) -> str:
        """The name that logged in, as stored."""
        return self._user

    def challenge(self, user: str) -> bytes:
        """The reply to phase one; an unknown user gets a challenge like any other."""
        self._user = user[1:-1] if user.startswith('"') else user.upper()
        password = self._engine.password_of(self._user)
        self._logon = Logon(
            password if password is not None else secrets.token_hex(16), self._verifier
        )
        if password is None:
            logger.info("login of unknown user %s", self._user)
        return parameters_reply(self._logon.challenge()) + self._status()

    def _status(self) -> bytes:
        return error_message(self.negotiated.field_version)

    def check(self, pairs: dict[str, str]) -> None:
        """ORA-01017 unless phase two's answer is right."""
        known = self._engine.password_of(self._user) is not None
        logon = self._logon
        right = logon is not None and logon.accepts(
            pairs.get("AUTH_SESSKEY", ""), pairs.get("AUTH_PASSWORD", "")
        )
        if not (known and right):
            raise OracleError(1017, "invalid username/password; logon denied")

    def change_password(self, pairs: dict[str, str]) -> None:
        """AUTH_NEWPASSWORD, at login or later; ORA-28008 when the old one is wrong."""
        logon, encrypted = self._logon, pairs.get("AUTH_NEWPASSWORD")
        if encrypted is None:
            return
        if logon is None or not logon.holds(pairs.get("AUTH_PASSWORD", "")):
            raise OracleError(28008, "invalid old password")
        self._engine.set_password(self._user, logon.decrypted(encrypted))
        logon.forget_password(logon.decrypted(encrypted))

    def welcome(self, session_id: int, serial: int) -> bytes:
        """The reply to phase two."""
        assert self._logon is not None
        identity = self._engine.identity
        pairs = [
            ("AUTH_VERSION_STRING", "- Production", 0),
            ("AUTH_VERSION_SQL", "25", 0),
            ("AUTH_XACTION_TRAITS", "3", 0),
            ("AUTH_VERSION_NO", str(version_number(identity.version)), 0),
            ("AUTH_VERSION_STATUS", "0", 0),
            ("AUTH_CAPABILITY_TABLE", "", 0),
            ("AUTH_SESSION_ID", str(session_id), 0),
            ("AUTH_SERIAL_NUM", str(serial), 0),
            ("AUTH_MAX_OPEN_CURSORS", "1000", 0),
            ("AUTH_MAX_IDEN_LENGTH", "30" if identity.version < (12, 2) else "128", 0),
            ("AUTH_SC_SERVICE_NAME", identity.service_name, 0),
            ("AUTH_SC_DBUNIQUE_NAME", identity.database_name, 0),
            ("AUTH_SC_REAL_DBUNIQUE_NAME", identity.database_name, 0),
            ("AUTH_SC_INSTANCE_NAME", identity.instance_name, 0),
            ("AUTH_INSTANCENAME", identity.instance_name, 0),
            ("AUTH_SC_DB_DOMAIN", "", 0),
            ("AUTH_SVR_RESPONSE", self._logon.server_response(), 0),
        ]
        return parameters_reply(pairs) + self._status()

    def agree(self, client_field_version: int) -> None:
        """The lower field version counts; end of response needs both sides at 23ai."""
        self.negotiated.field_version = min(self._personality.field_version, client_field_version)
        self.negotiated.end_of_response = (
            self._personality.end_of_response and self.negotiated.field_version >= 24
        )

    def protocol(self) -> bytes:
        """The reply to PRO."""
        return protocol_reply(PLATFORM, self._engine.identity.charset_id, self._personality)

    def version_call(self) -> bytes:
        """Function 59: the banner and the packed version."""
        identity = self._engine.identity
        banner = identity.banner.encode()
        return (
            b"\x08"
            + ub(len(banner))
            + clr(banner)
            + ub(version_number(identity.version))
            + self._status()
        )
