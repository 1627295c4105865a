"""An orasim with one data set, in a process of its own.

``python -m bench.source NAME SHARE`` prints a line of JSON with its address, then serves until
its standard input is closed. A set is made once and kept under ``.run/bench``.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench import data
from bench.data import SETS, DataSet

if TYPE_CHECKING:
    from orasim.database import Database

SCHEMA, PASSWORD = "BENCH", "bench-Password1"
KEPT = Path(__file__).parents[1] / ".run" / "bench" / "data"


def make(wanted: DataSet, share: float) -> Database:
    """The schema with the set's tables."""
    from orasim.database import Database
    from orasim.script import load_text

    database = Database(version="19c")
    database.create_user(SCHEMA, PASSWORD, profile="catalog-owner")
    session = database.open_session(SCHEMA, "bench", 1, 1)
    for table in wanted.names(share):
        load_text(session, wanted.ddl.format(table=table) + ";\n")
        for batch in wanted.batches(share):
            database.bulk_load(SCHEMA, table, batch)
    session.close()
    return database


def find(name: str, share: float) -> Database:
    """The set as it is kept; made where it is not, or where the generator has changed."""
    from orasim.saved import SavedError, open_saved, save

    version = hashlib.sha256(Path(data.__file__).read_bytes()).hexdigest()[:8]
    folder = KEPT / f"{name}-{share:g}-{version}"
    try:
        return open_saved(folder)
    except SavedError:
        database = make(SETS[name], share)
        if not folder.exists():
            save(database, folder)
        return database


def main(name: str, share: float) -> None:
    """Say where the set is, serve it."""
    from orasim.server import OrasimServer

    with OrasimServer(find(name, share)) as server:
        dsn = f"127.0.0.1:{server.port}/ORASIM"
        print(json.dumps({"dsn": dsn, "user": SCHEMA, "password": PASSWORD}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
