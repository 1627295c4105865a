"""The demo's Oracle: orasim with the Meridian schema, in a process of its own.

``python -m oraferry.demo.source`` prints one line of JSON with its address and then
serves until its standard input is closed, so it cannot outlive the demo.
"""

from __future__ import annotations

import json
import secrets
import sys
from importlib import resources

from oraferry.demo import data

SCHEMA = "MERIDIAN"


def main() -> None:
    """Fill the schema, say where it is, serve."""
    from orasim.database import Database
    from orasim.script import load_text
    from orasim.server import OrasimServer

    password = secrets.token_urlsafe(12)
    database = Database(version="19c")
    database.create_user(SCHEMA, password, profile="catalog-owner")
    session = database.open_session(SCHEMA, "demo", 1, 1)
    load_text(session, resources.files("oraferry.demo").joinpath("schema.sql").read_text("utf-8"))
    for table, batches in data.GENERATED.items():
        for batch in batches():
            database.bulk_load(SCHEMA, table, batch)
    session.close()
    with OrasimServer(database) as server:
        print(
            json.dumps(
                {"dsn": f"127.0.0.1:{server.port}/ORASIM", "user": SCHEMA, "password": password}
            ),
            flush=True,
        )
        sys.stdin.read()


if __name__ == "__main__":
    main()
