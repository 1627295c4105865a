"""Large values outside of a process's memory: a file without a name, written once, then mapped.

A mapped value is an Arrow buffer like any other, but its pages stay only as long as they are
wanted: whoever goes through one piece by piece with ``windows`` leaves nothing behind.
"""

from __future__ import annotations

import mmap
import tempfile
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

WINDOW_BYTES = 4 << 20  # a multiple of any page's size
_mapped: weakref.WeakValueDictionary[int, mmap.mmap] = weakref.WeakValueDictionary()


class Spool:
    """
    Takes bytes, gives them back as one buffer.

    >>> spool = Spool()
    >>> spool.write(b"piece by ")
    >>> spool.write(b"piece")
    >>> bytes(spool.buffer())
    b'piece by piece'
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="oraferry-", buffering=0)  # noqa: SIM115
        self.size = 0

    def write(self, data: bytes) -> None:
        """At the end."""
        view = memoryview(data)
        self.size += len(view)
        while view:
            view = view[self._file.write(view) :]

    def buffer(self) -> pa.Buffer:
        """All of it; the file is gone when the buffer is."""
        if self.size == 0:
            return pa.py_buffer(b"")
        mapped = mmap.mmap(self._file.fileno(), self.size, access=mmap.ACCESS_READ)
        self._file.close()
        buffer = pa.py_buffer(mapped)
        _mapped[buffer.address] = mapped
        return buffer


def windows(data: Any) -> Iterator[memoryview]:
    """The bytes of *data* piece by piece; of a spool, what was gone through is let go of."""
    view = memoryview(data).cast("B")
    if not view:
        return
    if len(view) <= WINDOW_BYTES and not _mapped:
        yield view
        return
    first = np.frombuffer(view, np.uint8).ctypes.data
    for start in range(0, len(view), WINDOW_BYTES):
        piece = view[start : start + WINDOW_BYTES]
        yield piece
        _forget(first + start, len(piece))


def bytes_of(array: pa.Array) -> Callable[[int], memoryview]:
    """
    Gives the bytes of a text or binary value by its row, uncopied, which a scalar's are not.

    >>> bytes(bytes_of(pa.array(["a", "bc"]).slice(1))(0))
    b'bc'
    """
    _, offsets, data = array.buffers()
    is_wide = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    ends = memoryview(offsets or b"").cast("B").cast("q" if is_wide else "i")[array.offset :]
    view = memoryview(data or b"")
    return lambda row: view[ends[row] : ends[row + 1]]


def _forget(address: int, size: int) -> None:
    for base, mapped in list(_mapped.items()):
        if base <= address < base + len(mapped):
            # Pages that are only partly inside stay for the piece behind.
            start = (address - base) // mmap.PAGESIZE * mmap.PAGESIZE
            end = address - base + size
            mapped.madvise(mmap.MADV_DONTNEED, start, end - start)
