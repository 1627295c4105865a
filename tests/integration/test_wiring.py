"""What wiring opens, keeps and closes."""

from __future__ import annotations

import time

import psycopg
import pytest

from oraferry import wiring
from oraferry.broker.bell import PostgresBell
from oraferry.config import Secret, load_settings
from oraferry.errors import ConfigError, StoreUnavailable
from oraferry.ports import TargetEndpoint


@pytest.fixture
def settings(store_dsn, postgres_dsn, tmp_path):
    """A real store and target."""
    return load_settings(
        {
            "store_dsn": store_dsn,
            "target_dsn": postgres_dsn,
            "secret_key_file": str(tmp_path / "keys" / "secret.key"),
        },
        environment={},
    )


@pytest.fixture
def endpoint(postgres_dsn):
    """The target."""
    return TargetEndpoint(Secret(postgres_dsn))


@pytest.fixture
def count_sessions(postgres_server, postgres_dsn):
    """A function that counts the sessions with the target, seen from elsewhere."""
    name = psycopg.conninfo.conninfo_to_dict(postgres_dsn)["dbname"]
    with psycopg.connect(postgres_server.admin_dsn, autocommit=True) as connection:

        def count():
            query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
            return connection.execute(query, [name]).fetchone()[0]

        yield count


def settle(count, expected):
    """A session that was closed leaves the list a moment later."""
    deadline = time.monotonic() + 10
    while count() != expected and time.monotonic() < deadline:
        time.sleep(0.05)
    return count()


def test_a_worker_keeps_one_session_between_tasks(settings, endpoint, count_sessions):
    """
    The second borrower gets the first one's session; the end closes it.
    """
    with wiring.open_services(settings) as services:
        with services.open_target(endpoint) as first:
            pass
        with services.open_target(endpoint) as second:
            assert first is second
        assert 1 == count_sessions()

    assert 0 == settle(count_sessions, 0)


def test_a_session_whose_block_failed_is_not_used_again(settings, endpoint, count_sessions):
    """
    What an error left behind in a session is nobody's next surprise.
    """
    with wiring.open_services(settings) as services:
        with pytest.raises(ZeroDivisionError), services.open_target(endpoint):
            raise ZeroDivisionError

        assert 0 == settle(count_sessions, 0)


def test_a_server_keeps_no_session(settings, endpoint, count_sessions):
    """
    Without keeping, a session ends with its block.
    """
    with wiring.open_services(settings, keeps_sessions=False) as services:
        with services.open_target(endpoint):
            assert 1 == count_sessions()

        assert 0 == settle(count_sessions, 0)


def test_few_sessions_are_kept_and_not_for_long(settings, endpoint, count_sessions, monkeypatch):
    """
    However many were open at once, two stay, and those end when nobody comes for them.
    """
    monkeypatch.setattr(wiring, "IDLE_SECONDS", 0.4)
    with wiring.open_services(settings) as services:
        with (
            services.open_target(endpoint),
            services.open_target(endpoint),
            services.open_target(endpoint),
        ):
            assert 3 == count_sessions()

        assert 0 == settle(count_sessions, 0)


def test_a_secret_is_sealed_with_a_key_that_is_made_once(settings, tmp_path):
    """
    The key file appears on first use, readable by its owner only; the next process reads it.
    """
    with wiring.open_services(settings) as services:
        sealed = services.seal(Secret("hunter2"), "job 1")
    key_file = tmp_path / "keys" / "secret.key"
    assert 0o600 == key_file.stat().st_mode & 0o777
    assert "hunter2" not in sealed

    with wiring.open_services(settings) as services:
        assert "hunter2" == services.unseal(sealed, "job 1").reveal()
        with pytest.raises(ConfigError):
            services.unseal(sealed, "job 2")


def test_without_a_broker_the_bell_is_the_store(settings):
    """
    No broker_url means LISTEN/NOTIFY, and no ai_url means no adviser.
    """
    with wiring.open_services(settings) as services:
        assert isinstance(services.broker, PostgresBell)
        assert services.advisor is None
        services.broker.ping()


def test_a_comparison_needs_no_store(postgres_dsn):
    """
    Without store_dsn a comparison's services open; touching the store says what is missing.
    """
    settings = load_settings({"target_dsn": postgres_dsn}, environment={})
    with (
        wiring.open_comparison(settings) as services,
        services.open_target(TargetEndpoint(Secret(postgres_dsn))) as target,
    ):
        assert "PostgreSQL" == target.describe().product
        with pytest.raises(ConfigError, match="store_dsn"):
            services.store.list_workers()
    with pytest.raises(ConfigError, match="store_dsn"), wiring.open_services(settings):
        pass


def test_an_unreachable_store_is_told_at_once(settings):
    """
    Opening fails with StoreUnavailable, and nothing is left open.
    """
    away = load_settings({"store_dsn": "postgresql://u@127.0.0.1:1/x"}, environment={})

    started = time.monotonic()
    with pytest.raises(StoreUnavailable), wiring.open_services(away):
        pass
    assert time.monotonic() - started < 20
