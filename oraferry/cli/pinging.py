"""`oraferry ping`: reach everything that is configured, and say what answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from oraferry.cli import exits
from oraferry.cli.options import ADVICE, JOBS, SOURCE, TARGET, Invocation, takes
from oraferry.config import Settings
from oraferry.errors import OraferryError

EXAMPLES = """\b
Examples:
  oraferry ping
  oraferry ping --source-dsn db:1521/orcl --source-user scott --source-password ask
"""


@dataclass(frozen=True)
class Answer:
    """What one part answered; *error* when it did not."""

    part: str
    text: str
    notes: tuple[str, ...] = ()
    error: OraferryError | None = None


@takes(*SOURCE, *TARGET, *JOBS, *ADVICE)
def ping(invocation: Invocation) -> int:
    """
    Reach source, target, job store, broker and model, and say what answered.

    What is not configured is skipped. The exit code is that of the first failure.
    """
    from oraferry.cli import writing

    answers = [
        ask(part, look, invocation.settings)
        for part, (name, look) in LOOKS.items()
        if getattr(invocation.settings, name) is not None
    ]
    if invocation.wants_json:
        writing.write_json(invocation.out, [_as_json(answer) for answer in answers])
    else:
        for answer in answers:
            _print(answer, invocation)
        skipped = [p for p in LOOKS if p not in {a.part for a in answers}]
        if skipped:
            invocation.talk.print(f"not configured: {', '.join(skipped)}")
    failures = [answer.error for answer in answers if answer.error]
    return exits.get_exit_code(failures[0]) if failures else exits.DONE


def ask(part: str, look: Callable[[Settings], tuple[str, tuple[str, ...]]], s: Settings) -> Answer:
    """What *look* found."""
    try:
        text, notes = look(s)
    except OraferryError as error:
        return Answer(part, error.message, error=error)
    return Answer(part, text, notes)


def _describe(info: object) -> tuple[str, tuple[str, ...]]:
    from oraferry.ports import ServerInfo

    assert isinstance(info, ServerInfo)
    return (
        f"{info.product} {info.version}, database {info.database}, user {info.user}, "
        f"{info.charset}",
        info.notes,
    )


def _look_at_source(settings: Settings) -> tuple[str, tuple[str, ...]]:
    from oraferry import wiring

    with wiring.open_source(settings, wiring.get_source_endpoint(settings)) as source:
        return _describe(source.describe())


def _look_at_target(settings: Settings) -> tuple[str, tuple[str, ...]]:
    from oraferry import native, wiring

    with wiring.open_target(wiring.get_target_endpoint(settings)) as target:
        text, notes = _describe(target.describe())
    return text, notes if native.is_here() else (*notes, native.MISSING)


def _look_at_store(settings: Settings) -> tuple[str, tuple[str, ...]]:
    from oraferry import wiring

    with wiring.open_store(settings) as store:
        workers = store.list_workers()
    return f"answers; {len(workers)} worker(s) seen lately", ()


def _look_at_broker(settings: Settings) -> tuple[str, tuple[str, ...]]:
    from oraferry import wiring

    with wiring.open_broker(settings) as broker:
        broker.ping()
    return f"RabbitMQ answers; queue {settings.queue}", ()


def _look_at_model(settings: Settings) -> tuple[str, tuple[str, ...]]:
    from oraferry import wiring

    return wiring.describe_model(settings), ()


# Part → the setting that must be there, and how to look.
LOOKS: dict[str, tuple[str, Callable[[Settings], tuple[str, tuple[str, ...]]]]] = {
    "source": ("source_dsn", _look_at_source),
    "target": ("target_dsn", _look_at_target),
    "store": ("store_dsn", _look_at_store),
    "broker": ("broker_url", _look_at_broker),
    "model": ("ai_url", _look_at_model),
}


def _print(answer: Answer, invocation: Invocation) -> None:
    from oraferry.cli.writing import print_text

    state = "FAILED" if answer.error else "ok"
    print_text(invocation.out, f"{answer.part:<7} {state:<7} {answer.text}")
    for note in answer.notes:
        print_text(invocation.out, f"{'':<16}{note}")
    if answer.error and answer.error.hint:
        print_text(invocation.out, f"{'':<16}hint: {answer.error.hint}")


def _as_json(answer: Answer) -> dict[str, object]:
    from oraferry.logs import redact, redact_value

    return {
        "part": answer.part,
        "ok": answer.error is None,
        "answer": redact(answer.text),
        "notes": redact_value(answer.notes),
        "code": answer.error.code if answer.error else None,
        "hint": redact(answer.error.hint) if answer.error and answer.error.hint else None,
    }
