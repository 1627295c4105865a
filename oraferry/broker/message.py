"""MigrationMessage: "job J has work", and nothing else."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

from oraferry.errors import MessageNotUnderstood

FORMAT = 1


@dataclass(frozen=True, slots=True)
class MigrationMessage:
    """What travels over the queue."""

    job_id: str
    kind: str = "work"
    format: int = FORMAT

    def encode(self) -> bytes:
        """
        JSON in UTF-8.

        >>> MigrationMessage("x").encode()
        b'{"format": 1, "kind": "work", "job_id": "x"}'
        """
        content = {"format": self.format, "kind": self.kind, "job_id": self.job_id}
        return json.dumps(content).encode()


def decode_message(body: bytes) -> MigrationMessage:
    """The message; MessageNotUnderstood says why it is none."""
    try:
        content = json.loads(body)
        message = MigrationMessage(content["job_id"], content["kind"], content["format"])
        uuid.UUID(message.job_id)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MessageNotUnderstood(
            f"a message of {len(body)} bytes is not one of ours ({type(error).__name__})"
        ) from None
    if message.format != FORMAT or message.kind != "work":
        raise MessageNotUnderstood(
            f"a message has kind {message.kind!r} and format {message.format}",
            hint="update oraferry on this machine",
        )
    return message
