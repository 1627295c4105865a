"""The examples in docstrings run."""

import doctest
import importlib
import pkgutil

import pytest

import oraferry

MODULES = [
    info.name
    for info in pkgutil.walk_packages(oraferry.__path__, "oraferry.")
    if not info.name.endswith("__main__")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name):
    """
    Each example in a module's docstrings gives what it says.
    """
    result = doctest.testmod(importlib.import_module(name))

    assert 0 == result.failed
