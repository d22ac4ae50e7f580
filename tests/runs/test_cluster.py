"""A sweep on a real SLURM: one node on the loopback interface, gone when the test ends."""

import contextlib
import getpass
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from ddlib.runs.stored import read

ROOT = Path(__file__).parents[2]
PATIENCE = 600  # seconds until what hangs fails its test, on however busy a machine
PATH = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])  # where daemons lie
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scancel", "squeue", "sinfo")
SKIP = "no SLURM: install Debian's packages slurmctld, slurmd, slurm-client and munge"

# No accounting and no cgroups; room for four jobs, however many cores the machine has.
SLURM = """ClusterName=small
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthInfo=socket={folder}/munge.socket
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
MinJobAge=3600
KillWait=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=16000
PartitionName=other Nodes={host} Default=YES
PartitionName=all Nodes={host}
"""
GRID = """experiment: hospitals
parameters:
  seed: {range: [0, 3]}
  num_steps: 10
"""


def free_ports(count):
    """Return ports of the loopback interface that nothing listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


class Cluster:
    """A controller and one node, with their own key, ports and files, all in `folder`."""

    def __init__(self, folder):
        self.folder = folder
        self.daemons = []
        settings = folder / "slurm.conf"
        others = ("SLURM", "SBATCH", "SRUN", "MAKE", "MFLAGS")
        self.variables = {k: v for k, v in os.environ.items() if not k.startswith(others)}
        self.variables |= {"PATH": PATH, "SLURM_CONF": str(settings)}
        settings.write_text(
            SLURM.format(
                folder=folder,
                host=socket.gethostname().partition(".")[0],
                ports=free_ports(2),
                user=getpass.getuser(),
            )
        )

    def start(self):
        """Start the daemons, and wait until the node takes jobs."""
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(128))
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        files = {f"--{name}-file": f"munged.{name}" for name in ("pid", "log", "seed")}
        files |= {"--key-file": key.name, "--socket": "munge.socket"}
        options = [f"{option}={self.folder / name}" for option, name in files.items()]
        self._daemon("munged", "--foreground", "--force", *options)
        self._wait_for(lambda: (self.folder / "munge.socket").exists())
        self._daemon("slurmctld", "-D")
        self._daemon("slurmd", "-D")
        self._wait_for(lambda: set(self.ask("sinfo", "--format=%T")) == {"idle"})

    def stop(self):
        """End the jobs, then the daemons, then what is left of either."""
        if len(self.daemons) == 3 and all(daemon.poll() is None for daemon in self.daemons):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._run("scancel", f"--user={getpass.getuser()}")
        for daemon in reversed(self.daemons):
            daemon.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                daemon.wait(5)
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get("SLURM_CONF") == self.variables["SLURM_CONF"]:
                    process.kill()
        for daemon in self.daemons:
            daemon.wait(5)

    def ask(self, program, *options):
        """Return the lines that `squeue` or `sinfo` prints, without the heading."""
        return self._run(program, "--noheader", *options).splitlines()

    def _run(self, *command):
        return subprocess.run(
            command,
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        ).stdout

    def _wait_for(self, condition):
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end or any(d.poll() is not None for d in self.daemons):
                logs = [f"{log}:\n{log.read_text()}" for log in self.folder.glob("*.out")]
                pytest.fail("\n".join(["SLURM does not start", *logs]))
            time.sleep(0.1)

    def _daemon(self, name, *options):
        with (self.folder / f"{name}.out").open("w") as log:
            daemon = subprocess.Popen(
                [shutil.which(name, path=PATH), *options],
                env=self.variables,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.daemons.append(daemon)


@pytest.fixture
def cluster():
    if not all(shutil.which(program, path=PATH) for program in PROGRAMS):
        pytest.skip(SKIP)
    # Not pytest's folder: the path of a socket has at most 107 letters.
    with tempfile.TemporaryDirectory(prefix="slurm-") as folder:
        cluster = Cluster(Path(folder))
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()


@pytest.fixture
def project(tmp_path, cluster):
    """A copy of the project, a small grid in it, and the profile filled in as its comments say."""
    folder = tmp_path / "project"
    left_out = shutil.ignore_patterns("_build", "build", "results", ".*", "*.egg-info", "__py*")
    shutil.copytree(ROOT, folder, ignore=left_out)
    (folder / "grids" / "small.yml").write_text(GRID)
    profile = folder / "profiles" / "slurm" / "config.yaml"
    text = profile.read_text()
    for line in ("""slurm_partition: "'name'\"""", "slurm-status-command: squeue"):
        assert f"# {line}" in text
        text = text.replace(f"# {line}", line.replace("name", "all"))
    profile.write_text(f"{text}slurm-init-seconds-before-status-checks: 3\n")
    return folder


def write_program(path, *lines):
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)


def run(command, folder, variables):
    """Run `command` to its end; fail the test if it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    logs = (folder / ".snakemake" / "slurm_logs").rglob("*.log")
    assert done.returncode == 0, "\n".join([done.stdout, *(log.read_text() for log in logs)])


@pytest.mark.slurm
def test_a_sweep_on_a_cluster_gives_the_rows_of_a_local_one(cluster, project):
    # A job must find the environment's python, and not this one that comes first in the shell.
    first = project / "first"
    write_program(first / "python", "echo 'not the environment of the book' >&2", "exit 1")
    # The plugin keeps SLURM_CONF from a job's inner srun, which looks for /etc/slurm then.
    settings, srun = cluster.variables["SLURM_CONF"], shutil.which("srun", path=PATH)
    write_program(first / "srun", f'SLURM_CONF={settings} exec {srun} "$@"')
    variables = {**cluster.variables, "PYTHONPATH": str(project), "PATH": f"{first}:{PATH}"}

    # The environment is the one that runs the tests, and never made anew.
    environment = Path(sys.prefix)
    make = ["make", f"VENV={environment}", f"--old-file={environment / '.installed'}"]
    grid = "grids/small.yml"
    run([*make, "sweep", f"GRID={grid}", "PROFILE=profiles/slurm"], project, variables)
    names = ("state", "partition", "comment", "started", "ended")
    lines = cluster.ask("squeue", "--states=all", "--format=%T %P %k %S %e")
    jobs = [dict(zip(names, line.split(), strict=True)) for line in lines]
    assert {(job["state"], job["partition"]) for job in jobs} == {("COMPLETED", "all")}
    assert sorted(job["comment"] for job in jobs) == [
        f"rule_batch_wildcards_{i}_{i + 1}" for i in range(3)
    ]
    # All at once: the profile's `jobs` bounds them, not the two cores of a local sweep.
    assert max(job["started"] for job in jobs) < min(job["ended"] for job in jobs)

    snakemake = [environment / "bin" / "snakemake", "--cores", "2", "--quiet", "all"]
    local = {**variables, "PATH": f"{environment / 'bin'}:{PATH}"}
    run([*snakemake, "--config", f"grid={grid}", "results=local", "--", "sweep"], project, local)
    assert len(cluster.ask("squeue", "--states=all")) == len(jobs)
    remote = sorted((project / "book" / "results" / "hospitals").iterdir())
    assert len(remote) == 3
    assert [path.name for path in remote] == sorted(
        path.name for path in (project / "local" / "hospitals").iterdir()
    )
    for path in remote:
        found, expected = read(path), read(project / "local" / "hospitals" / path.name)
        assert found.provenance["config"] == expected.provenance["config"]
        assert found.rows.equals(expected.rows)
