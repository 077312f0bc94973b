"""Behaviour of Brian2 in processes that are bionet's own, and in those that are not."""

import os
import subprocess
import sys
import tempfile

import brian2
import pytest

import bionet.metalearning
import bionet.runs.command

REPORT = """
import os, signal, sys, tempfile
def report(_=None):
    import brian2
    interrupts = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    mine = [name for name in os.listdir(tempfile.gettempdir()) if name.startswith("brian")]
    return len(mine), interrupts, brian2.BrianLogger.tmp_log
"""

OWN = """
from bionet.quiet_brian2 import quieten_brian2
signal.signal(signal.SIGINT, signal.SIG_IGN)
quieten_brian2()
print(report())
os.kill(os.getpid(), signal.SIGINT)
import brian2
from brian2.utils.logger import std_silent
brian2.BrianLogger.suppress_name("some_name")
with std_silent():
    print("of a compiler", flush=True)
try:
    with std_silent():
        print("of a compiler that failed", flush=True)
        raise ValueError
except ValueError:
    pass
sys.stdout.flush()
assert sys.excepthook is sys.__excepthook__
os.kill(os.getpid(), signal.SIGKILL)
"""

COMMAND = """
from bionet.runs.command import main
signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.argv = ["bionet", "doctor"]
main()
assert "brian2" in sys.modules
print(report())
"""

USERS_SCRIPT = """
import brian2
from bionet.metalearning import worker_processes
if __name__ == "__main__":
    before = report()
    with worker_processes(1) as executor:
        of_worker = executor.submit(report).result()
        print(before == report(), before[0], of_worker)
"""


@pytest.mark.parametrize(
    ("program", "printed"),
    [
        # What a compiler printed is told where it failed, as Brian2 does: all since the start.
        pytest.param(OWN, "(0, True, None)\nof a compiler\nof a compiler that failed", id="own"),
        pytest.param(COMMAND, "(0, True, None)", id="command"),
        # The worker ran the script too, and removed what Brian2 made of it; the script keeps both.
        pytest.param(USERS_SCRIPT, "True 2 (2, True, None)", id="worker"),
    ],
)
def test_nothing_is_left_in_the_temporary_folder_and_ignored_interrupts_stay_so(
    tmp_path, program, printed
):
    script = tmp_path / "script.py"
    script.write_text(REPORT + program)
    (tmp_path / "temporary").mkdir()
    process = subprocess.run(
        [sys.executable, script],
        env={**os.environ, "TMPDIR": str(tmp_path / "temporary")},
        capture_output=True,
        text=True,
    )
    n = len(printed.splitlines())
    assert process.stdout.splitlines()[-n:] == printed.splitlines(), process.stderr
    left = [name for name in os.listdir(tmp_path / "temporary") if name.startswith("brian")]
    assert left == []


def test_a_users_own_process_is_left_alone():
    assert bionet.metalearning
    assert bionet.runs.command
    assert brian2.prefs["logging.file_log"]
    assert brian2.prefs["logging.save_script"]
    assert os.path.dirname(brian2.BrianLogger.tmp_log) == tempfile.gettempdir()
