"""Where compiled kernels are kept, and how a kernel is compiled.

Numba's own cache goes stale when a helper module changes, since it looks at one file only. So the folder is named by a
hash of all kernel sources, of the Numba version and of the processor, and set before Numba loads.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

SOURCES = Path(__file__).parent

#: Fast, yet NaN stays NaN: `fastmath=True` would let `isnan` lie and hide divergence.
FASTMATH = {"nsz", "arcp", "contract", "reassoc"}

#: For every kernel: no exceptions on division, no GIL, kept on disk.
OPTIONS: dict[str, Any] = {"fastmath": FASTMATH, "error_model": "numpy", "nogil": True, "cache": True}


def _processor() -> str:
    """The processor's name with its features, which decide what code is made for it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    named = {line.split(":")[0].strip(): line for line in lines if ":" in line}
    return f"{platform.machine()} {named.get('model name', '')} {named.get('flags', named.get('Features', ''))}"


def folder() -> Path:
    """The folder for compiled kernels of exactly these sources on exactly this machine."""
    digest = hashlib.sha256(f"{version('numba')} {version('llvmlite')} {sys.version} {_processor()}".encode())
    for source in sorted(SOURCES.glob("**/*.py")):
        digest.update(source.relative_to(SOURCES).as_posix().encode() + b"\0" + source.read_bytes())
    return _root() / digest.hexdigest()[:16]


def _root() -> Path:
    """`LIVEGRAD_CACHE_DIR`, else the user's cache folder."""
    if given := os.environ.get("LIVEGRAD_CACHE_DIR"):
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "livegrad"


def configure() -> None:
    """Point Numba to the folder, before Numba loads.

    Numba takes no folder that it cannot write to: such a one, warmed when a container was built, is copied to a
    temporary folder first.
    """
    chosen = usual = folder()
    try:
        chosen.mkdir(parents=True, exist_ok=True)
        if not os.access(chosen, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(chosen)
    except OSError:
        chosen = Path(tempfile.gettempdir()) / "livegrad" / usual.name
        if os.access(usual, os.R_OK | os.X_OK) and not chosen.exists():
            shutil.copytree(usual, chosen)
        chosen.mkdir(parents=True, exist_ok=True)
    os.environ["NUMBA_CACHE_DIR"] = str(chosen)
    # One run has one thread; BLAS must not start others beside it. Read when NumPy and SciPy load.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("MKL_NUM_THREADS", "1")


def prune(keep: int = 3) -> None:
    """Delete the folders of older sources, but for the `keep` most recent ones."""
    current = folder()
    others = [path for path in current.parent.glob("*/") if path != current and len(path.name) == 16]
    for path in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)[keep:]:
        shutil.rmtree(path, ignore_errors=True)


class Kernel:
    """A function that other kernels call by its address, compiled when it is first asked for.

    An address in an array costs 2-3 ns a call, and the training loop compiles once for all variants. Numba's
    first-class functions do the same for 20-60 ns a call, a typed list of them for 3-6 us more a chunk.
    """

    def __init__(self, signature: Any, function: Callable[..., Any]) -> None:
        self.signature = signature
        self.function = function

    @cached_property
    def compiled(self) -> Any:
        """The compiled C callback."""
        import numba

        return numba.cfunc(self.signature, **OPTIONS)(self.function)

    @property
    def ready(self) -> bool:
        """Whether it is compiled, or loaded, in this process, so that `address` answers at once."""
        return "compiled" in vars(self)

    @property
    def fresh(self) -> bool:
        """Whether this process has compiled it, and not loaded it from disk."""
        return self.ready and self.compiled.cache_hits == 0

    @property
    def address(self) -> int:
        """The function's address; compiles, or loads from disk, at first use."""
        return int(self.compiled.address)


def function(body: Callable[..., Any]) -> Any:
    """Make a function callable from kernels, where it is compiled into each that calls it; Python runs it as it stands.

    `numba.njit` would compile it once more for every constant that stands for one of its arguments, and add wrappers
    for calls from Python: the training loop took half as long again.
    """
    from numba.extending import register_jitable

    return register_jitable(**OPTIONS, no_cfunc_wrapper=True)(body)


def inlined(body: Callable[..., Any]) -> Any:
    """`function` for what loops call on every element: one that LLVM finds too long to inline does not vectorize."""
    from numba.extending import register_jitable

    return register_jitable(**OPTIONS, no_cfunc_wrapper=True, forceinline=True)(body)


def kernel(signature: Any) -> Callable[[Callable[..., Any]], Kernel]:
    """Make a function of that Numba signature callable by address from other kernels."""
    return lambda function: Kernel(signature, function)
