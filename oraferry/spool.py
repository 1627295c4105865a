"""Large values outside of a process's memory: a file without a name, written once, then mapped.

A mapped value is an Arrow buffer like any other, but its pages stay only as long as they are
wanted: whoever goes through one piece by piece with ``windows`` leaves nothing behind.
"""

from __future__ import annotations

import mmap
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

import numpy as np
import pyarrow as pa

from oraferry.errors import NoRoom

WINDOW_BYTES = 4 << 20  # a multiple of any page's size
_mapped: weakref.WeakValueDictionary[int, mmap.mmap] = weakref.WeakValueDictionary()


def open_nameless() -> IO[bytes]:
    """A file in the folder for temporary files (TMPDIR); it is gone when it is closed."""
    with tell_no_room():
        return tempfile.TemporaryFile(prefix="oraferry-", buffering=0)


@contextmanager
def tell_no_room(size: int = 0) -> Iterator[None]:
    """NoRoom when a file that has *size* bytes so far cannot be written."""
    try:
        yield
    except OSError as error:
        raise _no_room(error, size) from error


def _no_room(error: OSError, size: int) -> NoRoom:
    folder, free = None, None
    with suppress(OSError):  # there may be none to be found
        folder = tempfile.gettempdir()
        free = shutil.disk_usage(folder).free
    where = f" in {folder}" if folder else ""
    rest = "" if free is None else f"; {free:,} bytes are free there"
    return NoRoom(
        f"a temporary file{where} cannot be written after its first {size:,} bytes: "
        f"{error.strerror}{rest}",
        hint="make room there, or set TMPDIR to a folder with more; a comparison that looks for "
        "every row takes 8 bytes for each row of a table and what differs, a large LOB its size",
        context={"folder": folder, "written_bytes": size, "free_bytes": free},
    )


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
        self._file = open_nameless()
        self.size = 0

    def write(self, data: bytes) -> None:
        """At the end."""
        view = memoryview(data)
        while view:
            with tell_no_room(self.size):
                written = self._file.write(view)
            self.size += written
            view = view[written:]

    def buffer(self) -> pa.Buffer:
        """All of it; the file is gone when the buffer is."""
        if self.size == 0:
            return pa.py_buffer(b"")
        with tell_no_room(self.size):
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
