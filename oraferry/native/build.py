"""Compiles the kernels with whatever C compiler there is; needs the standard library only.

The build hook (hatch_build.py) loads this file by its path. There is no C API of Python in
the sources, so one library serves every Python on a platform.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

FOLDER = Path(__file__).parent
LIBRARY = "kernels.bin"  # by another name it would look like a module of Python
SOURCES = ("numeric.c", "encode.c", "hash.c")
HEADERS = ("column.h", "numeric.h")
# No -march: the library may be built on one machine and run on another.
FLAGS = ("-std=c11", "-O3", "-fPIC", "-shared", "-fvisibility=hidden", "-g0")
SWITCH = "ORAFERRY_NATIVE"  # "off": neither build nor use the kernels


def is_wanted() -> bool:
    """True unless it is switched off, or the machine turns its words round."""
    return sys.byteorder == "little" and os.environ.get(SWITCH, "").lower() != "off"


def find_compilers() -> list[list[str]]:
    """Commands that may compile C, the likeliest first."""
    named = [os.environ.get("CC"), sysconfig.get_config_var("CC"), "cc", "gcc", "clang"]
    words = [name.split()[0] for name in named if name]
    found = list(dict.fromkeys(path for word in words if (path := shutil.which(word))))
    commands = [[path] for path in found]
    if importlib.util.find_spec("ziglang"):
        commands.append([sys.executable, "-m", "ziglang", "cc"])
    return commands


def is_fresh(library: Path) -> bool:
    """True when *library* is not older than what it is made of."""
    if not library.exists():
        return False
    made = library.stat().st_mtime
    parts = [FOLDER / name for name in (*SOURCES, *HEADERS, "build.py")]
    return all(part.stat().st_mtime <= made for part in parts)


def compile_library(library: Path = FOLDER / LIBRARY) -> str | None:
    """Make *library* unless it is fresh; what went wrong, if it could not be made."""
    if is_fresh(library):
        return None
    said = "no C compiler was found"
    # Beside it and then moved: a process that has the old one loaded keeps it.
    draft = library.with_suffix(f".{os.getpid()}")
    sources = [str(FOLDER / name) for name in SOURCES]
    for command in find_compilers():
        try:
            done = subprocess.run(
                [*command, *FLAGS, "-o", str(draft), *sources], capture_output=True, text=True
            )
        except OSError as error:
            said = str(error)
            continue
        if done.returncode == 0:
            draft.replace(library)
            return None
        said = f"{command[0]}: {done.stderr.strip()[-500:]}"
    with contextlib.suppress(OSError):
        draft.unlink(missing_ok=True)
    return said


if __name__ == "__main__":
    sys.exit(compile_library())
