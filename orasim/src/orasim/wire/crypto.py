"""O5LOGON: both verifiers, server side (wire notes §4.4)."""

from __future__ import annotations

import hashlib
import secrets

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from orasim.engine import OracleError

SPEEDY_KEY = b"AUTH_PBKDF2_SPEEDY_KEY"
VGEN_COUNT, SDER_COUNT = 4096, 3
VERIFIER_12C, VERIFIER_11G = 0x4815, 0x1B25


def _encrypt(key: bytes, data: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def _decrypt(key: bytes, data: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).decryptor()
    return decryptor.update(data) + decryptor.finalize()


class Logon:
    """One login's secrets: makes the challenge, checks the answer, proves the server."""

    def __init__(self, password: str, verifier: int) -> None:
        self.verifier = verifier
        self._password = password.encode()
        if verifier == VERIFIER_12C:
            self.salt = secrets.token_bytes(16)
            speedy = hashlib.pbkdf2_hmac(
                "sha512", self._password, self.salt + SPEEDY_KEY, VGEN_COUNT, 64
            )
            self._hash = hashlib.sha512(speedy + self.salt).digest()[:32]
            self._server_half = secrets.token_bytes(32)
        else:
            self.salt = secrets.token_bytes(10)
            # SHA-1 and MD5 are what the 11g verifier is made of.
            self._hash = hashlib.sha1(self._password + self.salt).digest() + bytes(4)  # noqa: S324
            self._server_half = secrets.token_bytes(40) + b"\x08" * 8
        self._csk_salt = secrets.token_bytes(16)
        self._key = b""

    def challenge(self) -> list[tuple[str, str, int]]:
        """The parameters of the first reply."""
        sesskey = _encrypt(self._hash, self._server_half)
        pairs = [
            ("AUTH_SESSKEY", sesskey.hex().upper(), 0),
            ("AUTH_VFR_DATA", self.salt.hex().upper(), self.verifier),
        ]
        if self.verifier == VERIFIER_12C:
            pairs += [
                ("AUTH_PBKDF2_CSK_SALT", self._csk_salt.hex().upper(), 0),
                ("AUTH_PBKDF2_VGEN_COUNT", str(VGEN_COUNT), 0),
                ("AUTH_PBKDF2_SDER_COUNT", str(SDER_COUNT), 0),
            ]
        pairs.append(("AUTH_GLOBALLY_UNIQUE_DBID\0", "0" * 32, 0))
        return pairs

    def accepts(self, session_key: str, password: str) -> bool:
        """True when the client's answer holds the right password."""
        try:
            client_half = _decrypt(self._hash, bytes.fromhex(session_key))
            self._key = self._combine(client_half)
        except ValueError:
            return False
        return self.holds(password)

    def holds(self, password: str) -> bool:
        """True when *password*, encrypted under the session's key, is the right one."""
        try:
            return secrets.compare_digest(self._plain(password), self._password)
        except ValueError:
            return False

    def decrypted(self, password: str) -> str:
        """A password that the client sent encrypted."""
        try:
            return self._plain(password).decode()
        except ValueError:
            raise OracleError(1017, "invalid username/password; logon denied") from None

    def forget_password(self, new: str) -> None:
        """The user has another password from now on."""
        self._password = new.encode()

    def _plain(self, password: str) -> bytes:
        plain = _decrypt(self._key, bytes.fromhex(password))
        padding = plain[-1] if plain else 0
        if not 1 <= padding <= 16:
            raise ValueError("no padding")
        return plain[16:-padding]

    def _combine(self, client_half: bytes) -> bytes:
        if self.verifier == VERIFIER_12C:
            mixed = (client_half[:32] + self._server_half[:32]).hex().upper().encode()
            return hashlib.pbkdf2_hmac("sha512", mixed, self._csk_salt, SDER_COUNT, 32)
        pairs = zip(self._server_half[16:40], client_half[16:40], strict=True)
        mixed = bytes(a ^ b for a, b in pairs)
        digests = hashlib.md5(mixed[:16]).digest() + hashlib.md5(mixed[16:]).digest()  # noqa: S324
        return digests[:24]

    def server_response(self) -> str:
        """AUTH_SVR_RESPONSE: proves to the client that the server knew the password too."""
        return _encrypt(self._key, secrets.token_bytes(16) + b"SERVER_TO_CLIENT").hex().upper()
