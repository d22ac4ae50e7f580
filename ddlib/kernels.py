"""Arithmetic that is the same on every x86-64 machine.

The libraries underneath choose their kernels by the processor, and these differ in the last bit,
which a descent of thousands of steps amplifies. Each can be told to use the one kernel that every
x86-64 processor has:

| what | variable |
| --- | --- |
| loops of torch | `ATEN_CPU_CAPABILITY` |
| matrices of torch (MKL) | `MKL_CBWR` |
| sqrt, log, tan, … of torch (MKL's vector functions) | `MKL_VML_DEBUG_CPU_TYPE` |
| convolutions of torch (oneDNN) | `DNNL_MAX_CPU_ISA` |
| matrices of numpy and scipy (OpenBLAS) | `OPENBLAS_CORETYPE` |
| loops of numpy | `NPY_DISABLE_CPU_FEATURES` |
| exp, log, sin, … of the C library | `GLIBC_TUNABLES` |
| how sums are divided among threads | `…_NUM_THREADS` |

They are read when a library is loaded, the C library's when a process starts. So they are set
before: `pin_process` starts the program anew with them, and `python -m ddlib.kernels COMMAND` runs
any command with them. Nothing here imports torch or numpy.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Mapping

PINS: Mapping[str, str] = {
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_CBWR": "COMPATIBLE",
    # The compatible ones of these functions start from the instructions RSQRTPS and RCPPS, whose
    # digits Intel and AMD choose differently. This set, for SSE2, does without them.
    "MKL_VML_DEBUG_CPU_TYPE": "1",
    "DNNL_MAX_CPU_ISA": "SSE41",
    "ONEDNN_MAX_CPU_ISA": "SSE41",  # its newer name, which goes before the older
    "OPENBLAS_CORETYPE": "Prescott",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    # The last three are the names before version 2.33; a name that it does not know is passed over.
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX2_Usable,-FMA_Usable,-FMA4_Usable",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
"""Variable -> the value that makes its library compute alike on every x86-64 machine."""
CLASHES = ("NPY_ENABLE_CPU_FEATURES",)  # with which numpy refuses a pin: it must not be set
RESTARTED = "DDLIB_RESTARTED"  # holds the number of the process that was started anew
_AT_START = dict(os.environ)  # what is set later comes too late for libraries that are loaded


def unpinned(environment: Mapping[str, str] | None = None) -> list[str]:
    """Return the names of the variables that are not as they must be.

    Args:
        environment: variables and their values; those that this process began with unless told.
    """
    values = _AT_START if environment is None else environment
    other = [name for name, pin in PINS.items() if values.get(name) != pin]
    return other + [name for name in CLASHES if name in values]


def pinned_environment() -> dict[str, str]:
    """Return the environment of this process with the pins."""
    kept = {name: value for name, value in os.environ.items() if name not in CLASHES}
    return {**kept, **PINS}


def pin_process() -> None:
    """Start this program anew with the pins, in the same process, unless it has them.

    Once: where something sets another value again (a `sitecustomize`, say) there is a warning.
    """
    this = str(os.getpid())  # it stays the same when a process is started anew
    if unpinned() and os.environ.get(RESTARTED) != this:
        environment = pinned_environment() | {RESTARTED: this}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


def warn_unpinned() -> None:
    """Warn where numbers may differ from the book's in the last digits."""
    names = unpinned()
    if names:
        warnings.warn(
            f"kernels are not pinned ({', '.join(names)}): numbers may differ from the book's in "
            "their last digits, and after long descents visibly; `make`, `ddlib` and "
            "`python -m ddlib.kernels COMMAND` pin them",
            stacklevel=2,
        )


def main() -> None:
    """Run a command with the pins: `python -m ddlib.kernels COMMAND [ARGUMENT …]`.

    A script, `mine.py`, is run by this Python, and so is a command called `python`.
    """
    command = sys.argv[1:]
    if not command or command[0].startswith("-"):
        sys.exit("usage: python -m ddlib.kernels COMMAND [ARGUMENT …], or mine.py [ARGUMENT …]")
    if command[0].endswith(".py"):
        command.insert(0, sys.executable)
    programs = os.pathsep.join((os.path.dirname(sys.executable), os.environ.get("PATH", "")))
    try:
        os.execvpe(command[0], command, pinned_environment() | {"PATH": programs})
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
