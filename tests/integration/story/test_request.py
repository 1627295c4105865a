"""What a request may say, and that its errors repeat nothing."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from oraferry.migration.request import DataMigrationRequest


@pytest.mark.parametrize(
    "wrong",
    [
        {"tables": []},
        {"tables": ["a.b.c.hunter2"]},
        {"tables": ["HR.*"], "mode": "hunter2"},
        {"tables": ["HR.*"], "chunk_rows": 0},
        {"tables": ["HR.*"], "target_schema": "x" * 64},
        {"tables": ["HR.*"], "password": "hunter2"},
        {"tables": ["HR.*"], "source": {"dsn": "h:1/x"}},
        {"tables": ["HR.*"], "source": {"user": "u", "password": "hunter2"}},
        {"tables": ["HR.*"], "target": {"dsn": "x", "password": "hunter2"}},
    ],
)
def test_a_wrong_request_is_refused_without_its_text(wrong):
    """
    Unknown fields, empty selections and half an address are refused; what was sent, which
    may be a password in the wrong place, is not in the error. An address without its own
    user and password would be sent the server's.
    """
    with pytest.raises(ValidationError) as refused:
        DataMigrationRequest.model_validate(wrong)

    if "tables" not in str(refused.value):  # names of tables are no secrets
        assert "hunter2" not in str(refused.value)


def test_a_request_needs_tables_only_and_hides_its_secrets():
    """
    Everything else has a default; printing shows no password. "on" means auto.
    """
    request = DataMigrationRequest.model_validate(
        {
            "tables": ["HR.*"],
            "ai": "on",
            "source": {"dsn": "h:1/x", "user": "u", "password": "hunter2"},
            "target": {"dsn": "postgresql://u:hunter2@h/x"},
        }
    )

    assert ("create", "auto", False) == (request.mode, request.ai, request.data_migration_mode)
    assert "hunter2" not in repr(request) + request.model_dump_json()
