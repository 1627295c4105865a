"""Passwords given in a request: sealed with AES-256-GCM, bound to their job's identity."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from oraferry.config import Secret
from oraferry.errors import ConfigError

PREFIX = "sealed:v1:"
_NONCE_BYTES = 12


def load_key(path: Path) -> bytes:
    """The key in the file, made on first use; ConfigError when it cannot be used."""
    path = path.expanduser()
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            # O_EXCL: of two processes that start at once, one writes and the other reads.
            with contextlib.suppress(FileExistsError):
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "w") as file:
                    file.write(base64.b64encode(secrets.token_bytes(32)).decode())
        key = base64.b64decode(path.read_text().strip())
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"the key file {path} cannot be used: {type(error).__name__}",
            hint="set secret_key_file to a file that this user may read and write",
        ) from error
    if len(key) != 32:
        raise ConfigError(
            f"the key file {path} does not hold a key",
            hint="delete it to have a new one made; passwords sealed with the old one are lost",
        )
    return key


def seal(key: bytes, secret: Secret, identity: str) -> str:
    """``sealed:v1:…``; it opens only under the same key and identity."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, secret.reveal().encode(), identity.encode())
    return PREFIX + base64.b64encode(nonce + sealed).decode()


def unseal(key: bytes, text: str, identity: str) -> Secret:
    """The secret; ConfigError under another key or identity."""
    try:
        data = base64.b64decode(text.removeprefix(PREFIX))
        plain = AESGCM(key).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], identity.encode())
    except (InvalidTag, ValueError) as error:
        raise ConfigError(
            "a sealed password cannot be opened with this machine's key",
            hint="give every worker and the API the same secret_key_file",
        ) from error
    return Secret(plain.decode())
