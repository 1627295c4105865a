"""A folder for temporary files that takes no more: told with what to do, and nothing is lost."""

from __future__ import annotations

import json
import subprocess
import sys

from oraferry.model import MigrationStatus
from tests.scenarios.conftest import change
from tests.scenarios.test_bad_rows import call
from tests.scenarios.test_large_lobs import BATCH_BYTES, MOVED, large, moved
from tests.scenarios.test_repair import DAMAGES, read_all

__all__ = ["large"]  # the fixture

# No file grows beyond the first argument's bytes: EFBIG, which needs no disk to be full. In a
# process of its own, which leaves no half of a compiled module either.
LIMITED = """
import resource, sys
from oraferry.cli.main import app
size = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
"""
COMMAND = LIMITED + "app(sys.argv[1:], prog_name='oraferry')"
HELD = (
    LIMITED
    + """
import os, tempfile
from oraferry.config import load_settings
from oraferry.errors import NoRoom
from oraferry.migration.verify import DataVerificationRequest, verify_data
from oraferry.wiring import open_comparison
request = DataVerificationRequest(tables=sys.argv[1:])
with open_comparison(load_settings()) as services:
    try:
        verify_data(request, services, print)
    except NoRoom as error:
        known = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
        links = [os.readlink(path) for path in known if os.path.lexists(path)]
        print(error.context["folder"], [l for l in links if l.startswith(tempfile.gettempdir())])
"""
)
WORK = (
    LIMITED
    + """
from oraferry.config import load_settings
from oraferry.wiring import open_services
from oraferry.worker import Worker
with open_services(load_settings()) as services:
    worker = Worker(services)
    while not services.store.list_troubles(sys.argv[1]):
        worker.work_once()
"""
)


def run(program, size, *words, yard, folder):
    """*program* in a process whose temporary files are in *folder*."""
    return subprocess.run(
        [sys.executable, "-B", "-c", program, str(size), *words],
        env=yard.environment | {"TMPDIR": str(folder)},
        capture_output=True,
        timeout=60,
        text=True,
    )


def test_a_repair_without_room_changes_nothing_and_can_be_repeated(facts, tmp_path):
    """
    Given no room for what a repair remembers, then it ends with 6, names the folder and TMPDIR,
    and has touched nothing; with room the same command repairs the table.
    """
    change(facts, *DAMAGES)
    before = read_all(facts)
    command = ("repair", "--table", f"{facts.schema}.FACTS")

    refused = run(COMMAND, 4_000, *command, yard=facts, folder=tmp_path)
    unchanged = read_all(facts)
    done = call(*command, yard=facts)

    assert 6 == refused.returncode, refused.stderr
    assert f"a temporary file in {tmp_path} cannot be written after its first" in refused.stderr
    assert "hint: make room there, or set TMPDIR" in refused.stderr
    assert (before, []) == (unchanged, list(tmp_path.iterdir()))
    assert 0 == done.exit_code, done.output


def test_tables_that_need_no_room_are_compared_all_the_same(facts, oracle, tmp_path):
    """
    Given two tables of which one needs more room than there is, when every row is wanted, then
    its error is a finding and the other is compared.
    """
    oracle.run("CREATE TABLE few (id NUMBER(9))", "INSERT INTO few VALUES (1)")
    change(facts, "CREATE TABLE {schema}.few (id integer)", *DAMAGES)
    large, small = (f"{facts.schema}.{table}" for table in ("FACTS", "FEW"))
    rows = tmp_path / "rows"
    words = ("--table", large, "--table", small, "--all-rows", str(rows), "--json")

    said = run(COMMAND, 4_000, "verify", "data", *words, yard=facts, folder=tmp_path)

    assert 3 == said.returncode, said.stderr
    tables = {table["source"]: table for table in json.loads(said.stdout)["tables"]}
    (reading,) = (m for m in tables[large]["methods"] if m["method"] == "reading")
    assert "TMPDIR" in json.dumps(reading)
    assert (1, 1) == (tables[small]["differing_rows"], len(rows.read_text().splitlines()))


def test_an_error_that_is_held_keeps_no_file(facts, tmp_path):
    """
    The room that a table took is free for the next one, though its error is remembered.
    """
    said = run(HELD, 4_000, f"{facts.schema}.FACTS", yard=facts, folder=tmp_path)

    assert f"{tmp_path} []\n" == said.stdout, said.stderr


def test_a_job_waits_for_room_and_goes_on(large, make_yard, tmp_path):
    """
    Given no room for a large LOB for a while, then its chunk is tried again and the job ends well.
    """
    yard = make_yard(batch_bytes=BATCH_BYTES)
    job = yard.submit("DOCS")

    ended = run(WORK, 60_000, job.id, yard=yard, folder=tmp_path)
    yard.start_worker()
    job = yard.wait_until_done(job)

    assert 0 == ended.returncode, ended.stderr
    assert ["NoRoom"] == [trouble.code for trouble in yard.services.store.list_troubles(job.id)]
    assert (MigrationStatus.COMPLETED, True) == (job.status, job.verified), job.error
    assert MOVED == moved(yard, "docs")
