"""Settings → Services: the only file that knows every concrete class.

What is opened last is closed first, also when opening the next one fails.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

from oraferry.broker.bell import PostgresBell
from oraferry.broker.rabbitmq import RabbitBroker
from oraferry.config import Secret, Settings, state_directory
from oraferry.copying.lookback import ChunkLookback
from oraferry.errors import AdvisorError, ConfigError
from oraferry.jobs import sealing
from oraferry.jobs.store import PostgresJobStore
from oraferry.oracle.source import OracleSource
from oraferry.ports import (
    Advisor,
    Broker,
    JobStore,
    Scratch,
    Services,
    Source,
    SourceEndpoint,
    Target,
    TargetEndpoint,
)
from oraferry.postgres.scratch import PostgresScratch
from oraferry.postgres.target import PostgresTarget

KEY_FILE = "secret.key"
# A task borrows one session a side; the second is for the task that plans meanwhile.
MOST_IDLE_SESSIONS = 2
# Firewalls forget silent connections after minutes; between two tasks lie seconds.
IDLE_SECONDS = 60.0
T = TypeVar("T")


@contextmanager
def open_services(settings: Settings, *, keeps_sessions: bool = True) -> Iterator[Services]:
    """
    Everything the story needs; the store's schema is brought up to date.

    A worker *keeps_sessions* between tasks. A server must not: its requests name any
    database, and a session that died meanwhile would be the next request's error.
    """
    with ExitStack() as stack:
        store = stack.enter_context(open_store(settings))
        broker = stack.enter_context(open_broker(settings))
        yield _services(settings, store, broker, stack, keeps_sessions)


@contextmanager
def open_comparison(settings: Settings) -> Iterator[Services]:
    """Services for what needs no job: store and broker fail when they are touched."""
    with ExitStack() as stack:
        yield _services(settings, _Absent("store_dsn"), _Absent("broker_url"), stack, False)


@contextmanager
def open_inspection(settings: Settings) -> Iterator[Services]:
    """Services for looking at jobs and their databases; the broker fails when it is touched."""
    with ExitStack() as stack:
        store = stack.enter_context(open_store(settings))
        yield _services(settings, store, _Absent("broker_url"), stack, False)


class _Absent:
    """Stands where a part was not opened."""

    def __init__(self, setting: str) -> None:
        self._setting = setting

    def __getattr__(self, name: str) -> Any:
        raise ConfigError(f"this verb works without {self._setting}, but {name} needs it")


def _services(
    settings: Settings, store: Any, broker: Any, stack: ExitStack, keeps_sessions: bool
) -> Services:
    most = MOST_IDLE_SESSIONS if keeps_sessions else 0
    sources = stack.enter_context(_Sessions(most))
    targets = stack.enter_context(_Sessions(most))

    def borrow_source(endpoint: SourceEndpoint) -> AbstractContextManager[Source]:
        return sources.borrow(endpoint, partial(_new_source, settings, endpoint))

    def borrow_target(endpoint: TargetEndpoint) -> AbstractContextManager[Target]:
        return targets.borrow(endpoint, partial(PostgresTarget, endpoint))

    lookback = stack.enter_context(ChunkLookback(borrow_target))
    key = partial(_sealing_key, settings)
    return Services(
        settings=settings,
        store=store,
        broker=broker,
        open_source=borrow_source,
        open_target=borrow_target,
        open_scratch=open_scratch,
        advisor=build_advisor(settings),
        seal=lambda secret, identity: sealing.seal(key(), secret, identity),
        unseal=lambda text, identity: sealing.unseal(key(), text, identity),
        lookback=lookback,
    )


class _Sessions:
    """
    Sessions kept between tasks: a login costs more than a small chunk.

    A session goes back only when the block that borrowed it ended well. *most* sessions are
    kept, whatever their endpoint, and none for longer than IDLE_SECONDS: a worker that waits
    for days holds no session of a database that it will not meet again.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._idle: list[tuple[float, Hashable, Any]] = []  # since when, whose, session
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._sweeper: threading.Thread | None = None

    @contextmanager
    def borrow(self, key: Hashable, make: Callable[[], T]) -> Iterator[T]:
        session: Any = self._take(key)
        if session is None:
            session = make()
        try:
            yield session
        except BaseException:
            session.close()
            raise
        self._give_back(key, session)

    def _take(self, key: Hashable) -> Any:
        with self._lock:
            for place, (_, whose, session) in enumerate(self._idle):
                if whose == key:
                    del self._idle[place]
                    return session
        return None

    def _give_back(self, key: Hashable, session: Any) -> None:
        with self._lock:
            self._idle.append((time.monotonic(), key, session))
            surplus = self._idle[: -self._most] if self._most else self._idle[:]
            del self._idle[: len(surplus)]
            if self._idle and self._sweeper is None:
                self._sweeper = threading.Thread(target=self._sweep, name="sessions", daemon=True)
                self._sweeper.start()
        _close_all(surplus)

    def _sweep(self) -> None:
        while not self._ended.wait(IDLE_SECONDS / 4):
            with self._lock:
                limit = time.monotonic() - IDLE_SECONDS
                old = [entry for entry in self._idle if entry[0] < limit]
                self._idle = [entry for entry in self._idle if entry[0] >= limit]
            _close_all(old)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._ended.set()
        with self._lock:
            rest, self._idle = self._idle, []
        _close_all(rest)


def _close_all(entries: Sequence[tuple[float, Hashable, Any]]) -> None:
    for _, _, session in entries:
        session.close()


def _sealing_key(settings: Settings) -> bytes:
    path = settings.secret_key_file
    return sealing.load_key(Path(path) if path else state_directory() / KEY_FILE)


@contextmanager
def open_store(settings: Settings) -> Iterator[JobStore]:
    """The job store, its schema up to date."""
    store = PostgresJobStore(
        settings.require("store_dsn"),
        max_attempts=settings.max_attempts,
        outage_seconds=settings.outage_seconds,
    )
    try:
        store.migrate()
        yield store
    finally:
        store.close()


@contextmanager
def open_broker(settings: Settings) -> Iterator[Broker]:
    """RabbitMQ where a URL is set, else the PostgreSQL bell."""
    broker: Broker
    if settings.broker_url is not None:
        broker = RabbitBroker(settings.broker_url, settings.queue)
    else:
        broker = PostgresBell(settings.require("store_dsn"))
    try:
        yield broker
    finally:
        broker.close()


def _new_source(settings: Settings, endpoint: SourceEndpoint) -> OracleSource:
    return OracleSource(
        endpoint,
        connect_timeout_seconds=settings.source_connect_timeout_seconds,
        call_timeout_seconds=settings.source_call_timeout_seconds,
        batch_rows=settings.batch_rows,
        batch_bytes=settings.batch_bytes,
    )


@contextmanager
def open_source(settings: Settings, endpoint: SourceEndpoint) -> Iterator[Source]:
    """One session with Oracle, closed at the end."""
    source = _new_source(settings, endpoint)
    try:
        yield source
    finally:
        source.close()


@contextmanager
def open_target(endpoint: TargetEndpoint) -> Iterator[Target]:
    """One session with PostgreSQL, closed at the end."""
    target = PostgresTarget(endpoint)
    try:
        yield target
    finally:
        target.close()


@contextmanager
def open_scratch(endpoint: TargetEndpoint, *, search_path: Sequence[str] = ()) -> Iterator[Scratch]:
    """One session with PostgreSQL, whose transaction is rolled back at the end."""
    scratch = PostgresScratch(endpoint, search_path=search_path)
    try:
        yield scratch
    finally:
        scratch.close()


def get_source_endpoint(settings: Settings) -> SourceEndpoint:
    """The source of the settings; ConfigError names what is missing."""
    password: Secret = settings.require("source_password")
    return SourceEndpoint(settings.require("source_dsn"), settings.require("source_user"), password)


def get_target_endpoint(settings: Settings) -> TargetEndpoint:
    """The target of the settings."""
    return TargetEndpoint(settings.require("target_dsn"))


def build_advisor(settings: Settings) -> Advisor | None:
    """The adviser where a model server is configured."""
    if settings.ai_url is None:
        return None
    # Here: its client takes as long to import as all else that a worker starts with.
    from oraferry.ai.ollama import OllamaAdvisor

    return OllamaAdvisor(
        settings.ai_url, settings.ai_model, timeout_seconds=settings.ai_timeout_seconds
    )


def describe_model(settings: Settings) -> str:
    """What the model server answers; AdvisorError when it does not, or lacks the model."""
    import httpx
    import ollama

    url = settings.require("ai_url")
    try:
        names = [m.model for m in ollama.Client(url, timeout=10, trust_env=False).list().models]
    except (ConnectionError, httpx.HTTPError, ollama.ResponseError) as error:
        raise AdvisorError(
            f"the model server does not answer ({type(error).__name__})",
            hint="check ai_url, and that Ollama runs",
        ) from error
    if not any(name and name.split(":")[0] == settings.ai_model.split(":")[0] for name in names):
        raise AdvisorError(
            f"the model server does not have {settings.ai_model}",
            hint=f"run: ollama pull {settings.ai_model}",
        )
    return f"answers, and has {settings.ai_model}"
