"""A database in a folder: the dictionary pickled, the rows as they lie in memory.

Rows are mapped, not read, so a data set of any size opens at once and shares its memory between
servers. What happens to an opened database afterwards stays in its process. A pickle runs code
when it is read: open only what you saved yourself.
"""

from __future__ import annotations

import itertools
import pickle
import shutil
import tempfile
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa

from orasim.storage import codec

if TYPE_CHECKING:
    from orasim.database import Database

FORMAT = 1
_ALIGNMENT = 64
_DICTIONARY, _ROWS = "dictionary.pickle", "rows.bin"
_LOCKS = (type(threading.RLock()), threading.Condition)


class SavedError(Exception):
    """The folder holds no database that this orasim can open, or cannot be written."""


def save(database: Database, folder: Path) -> None:
    """Write all that is committed to *folder*, which must not exist."""
    if folder.exists():
        raise SavedError(f"{folder} exists already")
    storage = database.storage
    with storage.lock:
        if storage._locks:
            raise SavedError("a transaction is open: commit it first")
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            with (made / _DICTIONARY).open("wb") as out, (made / _ROWS).open("wb") as rows:
                _Pickler(out, rows).dump((FORMAT, _state(database)))
            made.rename(folder)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise


def open_saved(folder: Path) -> Database:
    """The database that ``save`` wrote."""
    from orasim.database import Database

    try:
        with (folder / _DICTIONARY).open("rb") as source:
            form, state = _Unpickler(source, folder / _ROWS).load()
    except FileNotFoundError:
        raise SavedError(f"{folder} holds no saved database") from None
    except (pickle.UnpicklingError, AttributeError, ImportError, EOFError) as error:
        raise SavedError(f"{folder} was saved by another version of orasim: {error}") from error
    if form != FORMAT:
        raise SavedError(f"{folder} has the format {form}, not {FORMAT}")
    database = Database(state["version"], state["identity"].service_name, state["charset"])
    counts = {name: state.pop(name) for name in ("_user_numbers", "_partition_numbers")}
    regions = state.pop("regions")
    if any(codec._REGIONS.get(name, number) != number for name, number in regions.items()):
        raise SavedError("this process has given other numbers to the zones already")
    codec._REGIONS.update(regions)
    for name, value in state.items():
        setattr(database, name, value)
    for name, value in counts.items():
        setattr(database, name, itertools.count(value))
    return database


def _state(database: Database) -> dict[str, Any]:
    kept = ("version", "charset", "identity", "storage", "catalog", "supplemental_logging")
    state: dict[str, Any] = {name: getattr(database, name) for name in kept}
    for name in ("_user_numbers", "_partition_numbers"):
        value = next(getattr(database, name))
        setattr(database, name, itertools.count(value))
        state[name] = value
    return {**state, "regions": dict(codec._REGIONS)}


class _Pickler(pickle.Pickler):
    """Arrow arrays go to the file of rows, each buffer once; locks are made anew."""

    def __init__(self, out: IO[bytes], rows: IO[bytes]) -> None:
        super().__init__(out, protocol=5)
        self._rows = rows
        self._at = 0
        self._placed: dict[tuple[int, int], tuple[int, int]] = {}
        self._kept: list[pa.Buffer] = []  # an address is a name only while its buffer lives

    def persistent_id(self, value: Any) -> Any:
        if not isinstance(value, pa.Array):
            return None
        buffers = [None if b is None else self._place(b) for b in value.buffers()]
        return str(value.type), len(value), value.offset, buffers

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, _LOCKS[0]):
            return threading.RLock, ()
        if isinstance(value, _LOCKS[1]):
            return threading.Condition, ()
        return NotImplemented

    def _place(self, buffer: pa.Buffer) -> tuple[int, int]:
        key = (buffer.address, buffer.size)
        if key not in self._placed:
            self._rows.write(bytes(-self._at % _ALIGNMENT))
            self._at += -self._at % _ALIGNMENT
            self._rows.write(buffer)
            self._placed[key] = (self._at, buffer.size)
            self._at += buffer.size
            self._kept.append(buffer)
        return self._placed[key]


_TYPES = {str(kind): kind for kind in (pa.binary(), pa.large_binary(), pa.large_string())}


class _Unpickler(pickle.Unpickler):
    def __init__(self, source: IO[bytes], rows: Path) -> None:
        super().__init__(source)
        empty = rows.stat().st_size == 0
        self._rows = pa.py_buffer(b"") if empty else pa.memory_map(str(rows)).read_buffer()

    def persistent_load(self, place: Any) -> pa.Array:
        kind, length, offset, buffers = place
        parts = [None if b is None else self._rows.slice(*b) for b in buffers]
        return pa.Array.from_buffers(_TYPES[kind], length, parts, offset=offset)
