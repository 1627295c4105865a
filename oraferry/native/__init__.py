"""Kernels in C over Arrow's buffers, without the GIL: rows for COPY, and the rows' hashes.

They are made when oraferry is installed. Where they are missing, or refuse a value, the code
in Python does the same more slowly: it is what defines the outcome (decisions/0015).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from oraferry.native.build import FOLDER, LIBRARY, is_wanted
from oraferry.native.kinds import (
    HAS_HEAD,
    IS_BLANK_PADDED,
    Kind,
    Slot,
    number_kind,
    slot,
    text_kind,
)

__all__ = [
    "HAS_HEAD",
    "IS_BLANK_PADDED",
    "MISSING",
    "Kind",
    "Rows",
    "Slot",
    "add_hashes",
    "add_numeric_hashes",
    "is_here",
    "number_kind",
    "slot",
    "text_kind",
]

# What one call fills and one message of COPY carries; it stays in the processor's cache.
BUFFER_BYTES = 256 * 1024
MISSING = (
    "loading is slower: its kernels in C are missing; install oraferry again with a C compiler"
)
Hashes = npt.NDArray[np.uint64]


class _Place(ctypes.Structure):
    _fields_ = (("row", ctypes.c_int64), ("column", ctypes.c_int32), ("status", ctypes.c_int32))


_DONE, _FULL, _REFUSED, _LARGE = range(4)


@cache
def _library() -> ctypes.CDLL | None:
    if not is_wanted():
        return None
    try:
        library = ctypes.CDLL(str(FOLDER / LIBRARY))
        encode, hashes = library.oraferry_encode, library.oraferry_hash
        numerics = library.oraferry_hash_numeric
    except (OSError, AttributeError):
        return None
    pointer, size = ctypes.c_void_p, ctypes.c_int64
    encode.argtypes = [pointer, ctypes.c_int32, size, pointer, size, ctypes.POINTER(_Place)]
    encode.restype = size
    for function in (hashes, numerics):
        function.argtypes = [ctypes.POINTER(Slot), size, pointer, pointer]
        function.restype = ctypes.c_bool
    return library


def is_here() -> bool:
    """True when the kernels can be used."""
    return _library() is not None


def add_hashes(column: Slot, rows: int, hashes: Hashes, spare: Hashes) -> bool:
    """
    Go on with *hashes*, one per row, by *column*. False, and nothing is changed, where the
    kernels are missing or refuse a value; *spare* is overwritten.
    """
    library = _library()
    if library is None:
        return False
    assert len(hashes) == len(spare) == rows
    return bool(library.oraferry_hash(column, rows, hashes.ctypes.data, spare.ctypes.data))


def add_numeric_hashes(column: Slot, rows: int, hashes: Hashes, spare: Hashes) -> bool:
    """The same of a column that PostgreSQL keeps as numerics: their values and signs."""
    library = _library()
    if library is None:
        return False
    assert len(hashes) == len(spare) == rows
    return bool(library.oraferry_hash_numeric(column, rows, hashes.ctypes.data, spare.ctypes.data))


class Rows:
    """Encodes rows piece by piece into one buffer."""

    def __init__(self, columns: Sequence[Slot], rows: int) -> None:
        self._slots = (Slot * len(columns))(*columns)
        self._rows = rows
        self._buffer = np.empty(BUFFER_BYTES, np.uint8)

    def pieces(
        self, repair: Callable[[int], Slot], large: Callable[[int, int], Iterator[memoryview]]
    ) -> Iterator[memoryview]:
        """
        The rows' bytes; each piece is good until the next is asked for.

        *repair* gives another slot for a column of which a value was refused; *large* the
        bytes of the value in a row and column, which are too many to be copied.
        """
        library = _library()
        assert library is not None
        place, view = _Place(0, -1, _FULL), self._buffer.data
        address, size, count = self._buffer.ctypes.data, len(self._buffer), len(self._slots)
        while place.status != _DONE:
            used = library.oraferry_encode(self._slots, count, self._rows, address, size, place)
            if used:
                yield view[:used]
            if place.status == _REFUSED:
                self._slots[place.column] = repair(place.column)
            elif place.status == _LARGE:
                yield from large(place.row, place.column)
                place.column += 1
