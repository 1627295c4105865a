"""Levers on the command line: names with or without a value, beside what a file says."""

from __future__ import annotations

import pytest

from oraferry.cli.selection import build_request
from oraferry.errors import RequestError
from oraferry.migration.levers import list_levers


def test_flags_go_before_the_file(tmp_path):
    """
    Each lever of the flags replaces the file's of that name; the file's others stay.
    """
    file = tmp_path / "wish.toml"
    file.write_text('tables = ["S.T"]\n[levers]\nfreeze = true\nmaintenance_work_mem = "1GB"\n')

    levers = build_request(file, levers=["maintenance_work_mem=2GB", "unlogged"]).levers

    assert (True, True, "2GB") == (levers.freeze, levers.unlogged, levers.maintenance_work_mem)
    assert build_request(file, levers=["freeze=false"]).levers.freeze is False
    assert build_request(file).levers.maintenance_work_mem == "1GB"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("logged", "there is no 'logged'; there are unlogged, "),
        ("index_workers", "index_workers needs a value"),
        ("index_workers=many", "levers.index_workers"),
        ("index_workers=900", "levers.index_workers"),
        ("unlogged=perhaps", "levers.unlogged"),
        ("maintenance_work_mem=2 apples", "levers.maintenance_work_mem"),
    ],
)
def test_what_is_no_lever_is_refused(text, said):
    """
    A name that does not exist, a value that is missing, a value that does not fit.
    """
    with pytest.raises(RequestError) as caught:
        build_request(tables=["S.T"], levers=[text])

    assert said in str(caught.value)


def test_the_help_names_every_lever():
    """
    The flag's help lists all levers that a request has.
    """
    from oraferry.cli.selection import LeverWishes

    (option,) = LeverWishes.__metadata__

    assert all(name in option.help for name in list_levers())
