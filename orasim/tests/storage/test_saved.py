"""A database that was saved answers as it did before."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import oracledb
import pyarrow as pa
import pytest
from orasim.database import Database
from orasim.saved import SavedError, open_saved, save
from orasim.script import load_text
from orasim.server import OrasimServer

SCRIPT = """
CREATE TABLE t (id NUMBER(9) PRIMARY KEY, name VARCHAR2(30), body CLOB,
  seen TIMESTAMP WITH TIME ZONE, CONSTRAINT c CHECK (id > 0));
CREATE INDEX i ON t (name);
CREATE SEQUENCE s START WITH 7;
CREATE VIEW v AS SELECT name FROM t WHERE id < 3;
INSERT INTO t VALUES (1, 'one', EMPTY_CLOB(), TIMESTAMP '2024-07-01 12:00:00 Europe/Paris');
INSERT INTO t VALUES (2, 'two', 'long', NULL);
DELETE FROM t WHERE id = 2;
INSERT INTO t VALUES (3, NULL, NULL, NULL);
COMMIT;
CREATE TABLE p (k NUMBER(9), v NUMBER) PARTITION BY RANGE (k)
  (PARTITION a VALUES LESS THAN (100), PARTITION b VALUES LESS THAN (MAXVALUE));
"""
QUESTIONS = [
    "SELECT id, name, TO_CHAR(body), TO_CHAR(seen, 'YYYY-MM-DD HH24:MI TZR'), ROWID FROM t",
    "SELECT * FROM v",
    "SELECT COUNT(*), SUM(v), MIN(ROWID) FROM p PARTITION (b)",
    "SELECT table_name, column_name, data_type FROM user_tab_columns ORDER BY 1, 2",
    "SELECT index_name, table_name FROM user_indexes ORDER BY 1",
    "SELECT constraint_name, constraint_type FROM user_constraints ORDER BY 1",
    "SELECT s.NEXTVAL FROM dual",
]


def made() -> Database:
    """Tables with rows of every way to get them."""
    database = Database()
    database.create_user("U", "secret", profile="catalog-owner")
    session = database.open_session("U", "test", 1, 1)
    assert not load_text(session, SCRIPT).errors
    session.close()
    batch = pa.RecordBatch.from_pydict({"K": np.arange(500), "V": np.arange(500) * 3})
    database.bulk_load("U", "P", batch)
    return database


def answers(dsn: str) -> list:
    """What the driver gets."""
    with oracledb.connect(user="U", password="secret", dsn=dsn) as connection:
        cursor = connection.cursor()
        return [cursor.execute(question).fetchall() for question in QUESTIONS]


def served(database: Database) -> list:
    """The answers of *database* in this process."""
    with OrasimServer(database) as server:
        return answers(f"127.0.0.1:{server.port}/ORASIM")


def test_a_saved_database_answers_as_before(tmp_path):
    """
    Rows, ROWIDs, partitions, views, keys, sequences and users are what they were.
    """
    database = made()
    save(database, tmp_path / "data")
    before = served(database)

    assert before == served(open_saved(tmp_path / "data"))


def test_serve_opens_a_saved_database(tmp_path):
    """
    `orasim load --save` and `orasim serve --data`, in processes of their own: zones by name too.
    """
    script, folder = tmp_path / "s.sql", str(tmp_path / "data")
    script.write_text(SCRIPT)
    command = [sys.executable, "-m", "orasim.cli"]
    subprocess.run(
        [*command, "load", str(script), "--user", "U/secret", "--save", folder], check=True
    )
    with subprocess.Popen(
        [*command, "serve", "--port", "0", "--data", folder],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as server:
        try:
            assert server.stdout
            line = server.stdout.readline()
            found = answers(line.split(" on ")[1].split(",")[0])
        finally:
            server.terminate()

    assert line.endswith("schema U\n")
    assert [(1, "one", None, "2024-07-01 12:00 Europe/Paris"), (3, None, None, None)] == [
        row[:4] for row in found[0]
    ]


def test_a_folder_that_is_none_is_refused(tmp_path):
    """
    A folder that exists is not overwritten, one without a database not opened.
    """
    with pytest.raises(SavedError, match="exists"):
        save(made(), tmp_path)
    with pytest.raises(SavedError, match="no saved database"):
        open_saved(tmp_path)


def test_what_is_not_committed_is_not_saved(tmp_path):
    """
    Saving waits for nobody: an open transaction is an error.
    """
    database = made()
    with OrasimServer(database) as server:
        dsn = f"127.0.0.1:{server.port}/ORASIM"
        with oracledb.connect(user="U", password="secret", dsn=dsn) as connection:
            connection.cursor().execute("UPDATE t SET name = 'other' WHERE id = 1")
            with pytest.raises(SavedError, match="commit"):
                save(database, tmp_path / "data")
