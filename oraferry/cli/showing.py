"""`oraferry settings` and `oraferry demo`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from oraferry.cli import exits
from oraferry.cli.options import HELP, Invocation, describe_dsn, takes
from oraferry.config import SETTING_NAMES, Secret
from oraferry.errors import ConfigError

EXAMPLES = """\b
Examples:
  oraferry settings
  ORAFERRY_CHUNK_ROWS=50000 oraferry settings --json
"""
DEMO_EXAMPLES = """\b
Examples:
  oraferry demo
  oraferry demo --broker rabbitmq --lanes 4
  oraferry demo --stop
"""


@takes(*(name for name in SETTING_NAMES if not name.startswith("log_")))
def settings(invocation: Invocation) -> int:
    """
    Show the effective settings, and where each came from; secrets are masked.

    Exit code 1 when a value is wrong.
    """
    from oraferry.cli import writing

    rows = [(name, _show(name, invocation), _origin(name, invocation)) for name in SETTING_NAMES]
    if invocation.wants_json:
        values = {
            name: {"value": value, "origin": origin, "help": HELP[name]}
            for name, value, origin in rows
        }
        writing.write_json(invocation.out, values)
        return exits.DONE
    table = writing.make_table("setting", "value", "from")
    for name, value, origin in rows:
        writing.add_row(table, name, value, origin)
    invocation.out.print(table)
    return exits.DONE


def _origin(name: str, invocation: Invocation) -> str:
    return invocation.settings.origins.get(name, "default")


def _show(name: str, invocation: Invocation) -> Any:
    """The value as it may be shown: of a connection text, who and where."""
    from oraferry.logs import MASK, redact

    value = getattr(invocation.settings, name)
    if isinstance(value, Secret):
        return MASK if name == "source_password" else describe_dsn(value.reveal())
    return redact(value) if isinstance(value, str) else value


def demo(
    broker: Annotated[str, typer.Option("--broker", help="bell (PostgreSQL) or rabbitmq")] = "bell",
    lanes: Annotated[int, typer.Option("--lanes", min=1, help="worker processes")] = 2,
    stop: Annotated[
        bool, typer.Option("--stop", help="stop the PostgreSQL that a demo left running")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="traceback of an error")] = False,
) -> None:
    """
    Migrate a demo schema on this machine: Oracle simulator, PostgreSQL, two workers.

    Exit code 0 only if every table verified.
    """
    from oraferry.cli.options import carry_out

    if broker not in ("bell", "rabbitmq"):
        raise typer.BadParameter("takes bell or rabbitmq", param_hint="--broker")
    raise typer.Exit(carry_out(lambda: _demo(broker, lanes, stop), debug=debug))


def _demo(broker: str, lanes: int, stop: bool) -> int:
    try:
        from oraferry import demo as story
    except ImportError as error:
        raise ConfigError(
            f"the demo's parts are not installed ({error.name})",
            hint="install oraferry[demo], or run `make demo` in a clone",
        ) from error
    if stop:
        story.stop()
        return exits.DONE
    return int(story.run(broker=broker, lanes=lanes))
