"""An orasim with one data set, in a process of its own.

``python -m bench.source NAME SHARE`` prints a line of JSON with its address, then serves until
its standard input is closed.
"""

from __future__ import annotations

import json
import sys

from bench.data import SETS

SCHEMA, PASSWORD = "BENCH", "bench-Password1"


def main(name: str, share: float) -> None:
    """Fill the schema, say where it is, serve."""
    from orasim.database import Database
    from orasim.script import load_text
    from orasim.server import OrasimServer

    wanted = SETS[name]
    database = Database(version="19c")
    database.create_user(SCHEMA, PASSWORD, profile="catalog-owner")
    session = database.open_session(SCHEMA, "bench", 1, 1)
    for table in wanted.names(share):
        load_text(session, wanted.ddl.format(table=table) + ";\n")
        for batch in wanted.batches(share):
            database.bulk_load(SCHEMA, table, batch)
    session.close()
    with OrasimServer(database) as server:
        dsn = f"127.0.0.1:{server.port}/ORASIM"
        print(json.dumps({"dsn": dsn, "user": SCHEMA, "password": PASSWORD}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
