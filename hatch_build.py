"""Compiles oraferry's kernels when it is installed or its wheel is built.

Without a C compiler the one in the wheel `ziglang` is asked for. A machine that can use
neither gets an oraferry without kernels: slower, and otherwise the same (decisions/0015).
"""

from __future__ import annotations

import importlib.util
import platform
import sys
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path(__file__).parent / "oraferry" / "native"
HAS_ZIG = {"x86_64", "aarch64", "arm64"}


def load_build() -> ModuleType:
    """oraferry/native/build.py, without importing oraferry, whose dependencies are not here."""
    spec = importlib.util.spec_from_file_location("oraferry_native_build", FOLDER / "build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class KernelsHook(BuildHookInterface):  # type: ignore[type-arg]
    """One library per platform, beside its sources."""

    def dependencies(self) -> list[str]:
        """A compiler, where the machine has none."""
        build = load_build()
        if not build.is_wanted() or build.find_compilers() or platform.machine() not in HAS_ZIG:
            return []
        return ["ziglang>=0.13"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and take the library along."""
        build = load_build()
        if not build.is_wanted():
            return
        said = build.compile_library()
        if said is not None:
            print(f"oraferry is built without its kernels, and will be slower: {said}")
            return
        build_data["artifacts"].append(f"oraferry/native/{build.LIBRARY}")
        build_data["pure_python"] = False
        tag = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{tag}"


assert sys.version_info >= (3, 11)
