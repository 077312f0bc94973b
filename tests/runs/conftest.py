"""The toy kind registered, configurations, the command in another process, made-up networks."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from made_up_simulation import MadeUpNetwork

from bionet.metalearning import executors
from bionet.runs import simulated_network
from bionet.runs.kinds import KINDS

_COMMAND = """
import sys
from bionet.runs.kinds import KINDS
KINDS["toy"] = "toy_kind:KIND"
from bionet.runs.command import main
sys.exit(main())
"""


@pytest.fixture(autouse=True)
def toy_kind_registered(monkeypatch):
    monkeypatch.setitem(KINDS, "toy", "toy_kind:KIND")


@pytest.fixture
def write_config(tmp_path):
    """Write a configuration of the toy kind into a folder of its own."""

    def write(text='steps = 4\n[drive]\nrate = "10 Hz"\n', *, kind="toy", name="config.toml"):
        folder = tmp_path / "protocol"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text((f'kind = "{kind}"\n' if kind else "") + text)
        return folder / name

    return write


@pytest.fixture
def start_command():
    """Start ``bionet ARGUMENTS`` in another process; killed at the test's end if still there."""
    started = []

    def start(*arguments):
        path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
        process = subprocess.Popen(
            [sys.executable, "-c", _COMMAND, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


@pytest.fixture
def write(tmp_path):
    """Write a configuration file."""

    def write(text):
        path = tmp_path / "config.toml"
        path.write_text(text)
        return path

    return write


@pytest.fixture
def use_network(monkeypatch):
    """Let a function stand in for the compiled network; returns the seeds it is called with."""
    # a function of a test cannot be sent to another process
    monkeypatch.setattr(executors, "worker_processes", ThreadPoolExecutor)

    def use(function):
        network = MadeUpNetwork(function)
        monkeypatch.setattr(simulated_network, "compiled_network", lambda _: network)
        return network.called

    return use
