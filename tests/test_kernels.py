"""The kernels are pinned before a library is loaded, whatever the shell asks for."""

import json
import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from ddlib.experiments.registry import EXPERIMENTS
from ddlib.kernels import CLASHES, PINS, unpinned, warn_unpinned
from ddlib.runs.arithmetic import PINNED

# What shells on an old, a common and a new processor could ask for; the first asks for nothing.
SHELLS = {
    "nothing": {},
    "an old processor": {
        "ATEN_CPU_CAPABILITY": "default",
        "MKL_CBWR": "SSE4_2",
        "DNNL_MAX_CPU_ISA": "SSE41",
        "OPENBLAS_CORETYPE": "Nehalem",
        "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4",
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX,-AVX2,-FMA,-ERMS,-SSE4_2,-SSE4_1,-SSSE3",
    },
    "a common one": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_CBWR": "AVX2",
        "DNNL_MAX_CPU_ISA": "AVX2",
        "OPENBLAS_CORETYPE": "Haswell",
        "NPY_DISABLE_CPU_FEATURES": "X86_V4",
        "OMP_NUM_THREADS": "2",
        "MKL_NUM_THREADS": "2",
        "OPENBLAS_NUM_THREADS": "2",
    },
    "a new one": {
        "ATEN_CPU_CAPABILITY": "avx512",
        "MKL_CBWR": "AUTO",
        "ONEDNN_MAX_CPU_ISA": "AVX512_CORE",
        "NPY_ENABLE_CPU_FEATURES": "X86_V3",
        "OPENBLAS_CORETYPE": "SkylakeX",
        "PYTHONHASHSEED": "7",
        "MALLOC_ARENA_MAX": "1",
    },
}
FINGERPRINT = "from ddlib.runs.arithmetic import fingerprint; print(fingerprint())"
# Hashes of rows without the columns that are times: of a small config of each experiment, with
# enough steps for a last bit to grow, and of a network with convolutions.
ROWS = """
import hashlib, json, math, warnings
warnings.simplefilter("ignore")
from ddlib.experiments.registry import EXPERIMENTS
from tests.shared.small import SMALL

configs = {
    **SMALL,
    "descents": SMALL["descents"].model_copy(update={"num_variables": 4, "num_steps": 10}),
    "parametric": SMALL["parametric"].model_copy(update={"num_rows": 20, "num_steps": 40}),
}
convolutional = {
    "family": "digits", "task": "convolutional", "method": "BPTT", "num_rows": 10,
    "num_steps": 2, "num_looks": 2, "num_stops": 1,
}
more = [{"method": "BPTT"}, convolutional]
hashes = {}
for name, config in [
    *configs.items(), *(("benchmark", SMALL["benchmark"].model_copy(update=u)) for u in more)
]:
    columns = EXPERIMENTS[name].columns
    timed = [column for column, about in columns.items() if about.tolerance == math.inf]
    rows = EXPERIMENTS[name].compute(config).drop(columns=timed)
    exact = rows.map(lambda value: value.hex() if isinstance(value, float) else value)
    hashes[repr(config)] = hashlib.sha256(exact.to_csv().encode()).hexdigest()
print(json.dumps(hashes))
"""


def output(arguments, shell):
    """Return what Python prints with `arguments`, in a shell with these variables and no pins."""
    bare = {name: value for name, value in os.environ.items() if name not in (*PINS, *CLASHES)}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, env=bare | shell, capture_output=True, text=True, check=True)
    return done.stdout


def in_all_shells(code):
    """Return what `code` prints in each of the shells, under pinned kernels."""
    arguments = ["-m", "ddlib.kernels", sys.executable, "-c", code]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda shell: output(arguments, shell), SHELLS.values()))


def test_what_is_not_pinned_is_named():
    assert unpinned(PINS) == []
    assert unpinned({}) == list(PINS)
    assert unpinned({**PINS, "MKL_CBWR": "AVX2"}) == ["MKL_CBWR"]
    clash = "NPY_ENABLE_CPU_FEATURES"
    assert unpinned({**PINS, clash: "X86_V3"}) == [clash]


def test_a_program_whose_variables_are_set_again_starts_anew_once_and_goes_on(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import os; os.environ['OMP_NUM_THREADS'] = '4'\n")
    code = (
        "import os; print('start'); from ddlib.kernels import pin_process, unpinned; pin_process();"
        "print(unpinned())"
    )
    path = os.pathsep.join((str(tmp_path), *sys.path))
    printed = output(["-u", "-c", code], {"PYTHONPATH": path}).splitlines()
    assert printed == ["start", "start", "['OMP_NUM_THREADS']"]


@pytest.mark.parametrize("shell", SHELLS.values(), ids=SHELLS.keys())
def test_a_program_starts_anew_with_the_pins_and_its_own_arguments(shell):
    code = (
        "import json, os, sys; from ddlib.kernels import pin_process; pin_process();"
        "print(json.dumps([dict(os.environ), sys.argv[1:], 'torch' in sys.modules]))"
    )
    environment, arguments, torch_is_loaded = json.loads(output(["-c", code, "a", "b c"], shell))
    assert unpinned(environment) == []
    assert arguments == ["a", "b c"]
    assert not torch_is_loaded


def test_any_command_gets_the_pins():
    printed = output(["-m", "ddlib.kernels", "env"], SHELLS["a new one"]).splitlines()
    assert {f"{name}={value}" for name, value in PINS.items()} <= set(printed)
    assert "PYTHONHASHSEED=7" in printed


def test_a_script_and_a_command_called_python_run_in_this_environment(tmp_path):
    script = tmp_path / "mine.py"
    script.write_text("import os, sys; print(sys.prefix, os.environ['MKL_CBWR'], sys.argv[1:])")
    found = f"{sys.prefix} COMPATIBLE ['a']\n"
    assert output(["-m", "ddlib.kernels", script, "a"], SHELLS["a new one"]) == found
    assert output(["-m", "ddlib.kernels", "python", script, "a"], {}) == found


def test_the_fingerprint_has_a_command_and_is_the_same_on_every_machine():
    """On every one with an x86-64 processor: nothing is promised elsewhere."""
    known = platform.machine() == "x86_64"
    expected = f"{PINNED}\n" if known else output(["-c", FINGERPRINT], dict(PINS))
    assert output(["-m", "ddlib.runs.arithmetic"], {}) == expected


@pytest.mark.parametrize(
    ("command", "line"),
    [([], "usage: "), (["--help"], "usage: "), (["no-such"], "no-such: No such")],
)
def test_a_command_that_cannot_be_run_is_one_line(command, line):
    done = subprocess.run(
        [sys.executable, "-m", "ddlib.kernels", *command], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1


def test_a_warning_names_what_is_not_pinned(monkeypatch):
    monkeypatch.setattr("ddlib.kernels._AT_START", {**PINS, "MKL_CBWR": "AVX2"})
    with pytest.warns(UserWarning, match=r"kernels are not pinned \(MKL_CBWR\)"):
        warn_unpinned()


def test_no_warning_where_all_is_pinned(monkeypatch, recwarn):
    monkeypatch.setattr("ddlib.kernels._AT_START", dict(PINS))
    warn_unpinned()
    assert not recwarn.list


@pytest.mark.kernels
def test_the_arithmetic_is_one_in_all_shells():
    assert len(set(in_all_shells(FINGERPRINT))) == 1


@pytest.mark.kernels
def test_the_fingerprint_tells_kernels_apart():
    """Where the processor has a choice, the one of the libraries is another."""
    if "avx2" not in output(["-c", "print(open('/proc/cpuinfo').read())"], {}):
        pytest.skip("this processor has no other kernels")
    pinned, own = (output(["-c", FINGERPRINT], shell) for shell in (dict(PINS), {}))
    assert pinned != own


@pytest.mark.kernels
def test_the_rows_of_each_experiment_are_one_in_all_shells():
    first, *others = map(json.loads, in_all_shells(ROWS))
    assert len(first) > len(EXPERIMENTS)
    for other in others:
        assert other == first
