"""Sequence options, of CREATE and ALTER SEQUENCE and of identity columns."""

from __future__ import annotations

from orasim.dictionary.model import MAX_SEQUENCE, Sequence
from orasim.dictionary.tokens import Parser
from orasim.engine import OracleError

MIN_DESCENDING = -(10**27 - 1)
_WORDS = {
    "INCREMENT", "START", "MAXVALUE", "NOMAXVALUE", "MINVALUE", "NOMINVALUE", "CYCLE", "NOCYCLE",
    "CACHE", "NOCACHE", "ORDER", "NOORDER", "KEEP", "NOKEEP", "SCALE", "NOSCALE", "SESSION",
    "GLOBAL", "RESTART", "LIMIT", "SHARING", "EXTEND", "NOEXTEND",
}  # fmt: skip


LIMIT_VALUE = "LIMIT VALUE"


def parse_sequence_options(
    parser: Parser, sequence: Sequence, *, is_new: bool = True
) -> int | str | None:
    """
    Read options until something else comes; defaults follow the direction.

    Gives what START WITH said: a number, LIMIT VALUE, or None.
    """
    start = low = high = None
    limit = False
    no_low = no_high = False
    restart = False
    while parser.token.kind == "name" and parser.token.value in _WORDS:
        word = parser.name()
        if word == "INCREMENT":
            parser.take("BY")
            sequence.increment = parser.integer()
            if sequence.increment == 0:
                raise OracleError(4002, "INCREMENT must be a non-zero integer")
        elif word == "START":
            parser.take("WITH")
            if parser.take("LIMIT"):
                limit = parser.take("VALUE")
            else:
                start = parser.integer()
        elif word == "MAXVALUE":
            high = parser.integer()
        elif word == "MINVALUE":
            low = parser.integer()
        elif word == "NOMAXVALUE":
            no_high = True
        elif word == "NOMINVALUE":
            no_low = True
        elif word in ("CYCLE", "NOCYCLE"):
            sequence.cycle = word == "CYCLE"
        elif word == "CACHE":
            sequence.cache = parser.integer()
        elif word == "NOCACHE":
            sequence.cache = 0
        elif word in ("ORDER", "NOORDER"):
            sequence.order = word == "ORDER"
        elif word == "RESTART":
            restart = True
        elif word == "SHARING":
            parser.take("=")
            parser.name()
    up = sequence.increment > 0
    if is_new or no_high or high is not None:
        sequence.maximum = high if high is not None else MAX_SEQUENCE if up else -1
    if is_new or no_low or low is not None:
        sequence.minimum = low if low is not None else 1 if up else MIN_DESCENDING
    if sequence.minimum >= sequence.maximum:
        raise OracleError(4004, "MINVALUE must be less than MAXVALUE")
    if is_new or restart:
        first = start if start is not None else sequence.minimum if up else sequence.maximum
        sequence.start = sequence.next_value = first
        sequence.cached_until = None
        if first < sequence.minimum:
            raise OracleError(4006, "START WITH cannot be less than MINVALUE")
        if first > sequence.maximum:
            raise OracleError(4008, "START WITH cannot be more than MAXVALUE")
    return LIMIT_VALUE if limit else start
