"""What is too much to hold: records and rows in files without a name, in parts.

The files are in the folder for temporary files (TMPDIR); nothing of them is left when they are
closed or the process is gone. NoRoom where one of them cannot be written.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from oraferry.spool import open_nameless, tell_no_room

Array = npt.NDArray[Any]


class _Parts:
    """Pieces of bytes, each of a part; written by several threads, read when all is written."""

    def __init__(self, parts: int) -> None:
        self._file = open_nameless()
        self._pieces: list[list[tuple[int, int]]] = [[] for _ in range(parts)]
        self._end = 0
        self._lock = threading.Lock()

    def write(self, part: int, data: Any) -> None:
        view = memoryview(data).cast("B")
        with self._lock:
            start, self._end = self._end, self._end + len(view)
            self._pieces[part].append((start, len(view)))
        while view:
            with tell_no_room(start):
                written = os.pwrite(self._file.fileno(), view, start)
            view, start = view[written:], start + written

    def close(self) -> None:
        self._file.close()

    def read(self, part: int) -> Iterator[bytes]:
        for start, size in self._pieces[part]:
            data = os.pread(self._file.fileno(), size, start)
            while len(data) < size:  # a call gives 2 GiB at most
                data += os.pread(self._file.fileno(), size - len(data), start + len(data))
            yield data


class Records:
    """
    Numpy records.

    >>> records = Records(np.dtype(np.uint64), 2)
    >>> records.add(1, np.array([7, 8], np.uint64))
    >>> records.add(1, np.array([9], np.uint64))
    >>> records.read(1).tolist(), records.read(0).tolist(), records.count(1)
    ([7, 8, 9], [], 3)
    """

    def __init__(self, dtype: np.dtype[Any], parts: int) -> None:
        """*parts*: how many there are."""
        self._dtype = dtype
        self._parts = _Parts(parts)
        self._counts = [0] * parts

    def close(self) -> None:
        """They are wanted no more."""
        self._parts.close()

    def __len__(self) -> int:
        """Parts."""
        return len(self._counts)

    def add(self, part: int, records: Array) -> None:
        """More of that part."""
        if len(records):
            self._counts[part] += len(records)
            self._parts.write(part, np.ascontiguousarray(records).view(np.uint8))

    def split(self, parts: Array, records: Array) -> None:
        """More, the part of each in *parts*; those below 0 are not wanted."""
        if not len(parts):
            return
        order = np.argsort(parts, kind="stable")
        present, starts = np.unique(parts[order], return_index=True)
        ends = [*starts[1:].tolist(), len(parts)]
        for part, start, end in zip(present.tolist(), starts.tolist(), ends, strict=True):
            if part >= 0:
                self.add(part, records[order[start:end]])

    def count(self, part: int | None = None) -> int:
        """Records of a part, or of all."""
        return sum(self._counts) if part is None else self._counts[part]

    def read(self, part: int) -> Array:
        """All of that part."""
        found: Array = np.frombuffer(b"".join(self._parts.read(part)), self._dtype)
        return found

    def blocks(self) -> Iterator[Array]:
        """All there are, part by part, as they were added."""
        for part in range(len(self)):
            for data in self._parts.read(part):
                yield np.frombuffer(data, self._dtype)


class Batches:
    """
    Arrow batches.

    >>> batches = Batches(1)
    >>> batches.add(0, pa.RecordBatch.from_pydict({"a": ["x"]}))
    >>> [batch.to_pydict() for batch in batches.read(0)]
    [{'a': ['x']}]
    """

    def __init__(self, parts: int) -> None:
        """*parts*: how many there are."""
        self._parts = _Parts(parts)

    def close(self) -> None:
        """They are wanted no more."""
        self._parts.close()

    def add(self, part: int, batch: pa.RecordBatch) -> None:
        """One more of that part."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        self._parts.write(part, sink.getvalue())

    def read(self, part: int) -> Iterator[pa.RecordBatch]:
        """All of that part."""
        for data in self._parts.read(part):
            with pa.ipc.open_stream(pa.py_buffer(data)) as reader:
                yield from reader
