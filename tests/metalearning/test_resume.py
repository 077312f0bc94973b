"""Resume: behaviour of a search that is killed, interrupted or out of disk, in a real process."""

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from search_problems import PARAMETERS, SEARCH, sphere, without_checksums

from bionet.metalearning import metalearn, read_log, worker_processes

PROGRAM = Path(__file__).with_name("search_problems.py")
SECONDS_A_TRIAL = 0.01
PATIENCE = 60.0
"""Seconds until a process that should have done something is given up; machines can be busy."""
GONE_WITHIN = 5.0
"""Seconds within which workers without a parent must be gone; they do so in milliseconds."""


def start(folder, workers=2, seconds=SECONDS_A_TRIAL, problem="slow_sphere", **options):
    return subprocess.Popen(
        [sys.executable, PROGRAM, folder / "log.jsonl", str(seconds), str(workers), problem],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def n_lines(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def wait_until(condition, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.002)


def finish(folder):
    with ThreadPoolExecutor(1) as executor:
        return metalearn(
            sphere, PARAMETERS, log_path=folder / "log.jsonl", executor=executor, **SEARCH
        )


def test_killed_at_several_moments_it_ends_in_the_same_log(tmp_path, finished):
    folder, reference = finished
    moments = random.Random(1)
    for lines in (2, 13, 40):
        search = start(tmp_path)
        wait_until(lambda lines=lines: n_lines(tmp_path / "log.jsonl") >= lines)
        time.sleep(moments.uniform(0, 4 * SECONDS_A_TRIAL))
        search.kill()
        search.communicate()
        assert n_lines(tmp_path / "log.jsonl") < 61
    result = finish(tmp_path)
    assert (tmp_path / "log.jsonl").read_bytes() == (folder / "log.jsonl").read_bytes()
    assert result.best_values == reference.best_values
    assert result.best_loss == reference.best_loss
    assert sorted(os.listdir(tmp_path)) == ["log.jsonl", "timing.jsonl"]


@pytest.mark.parametrize("torn", [False, True])
def test_cut_anywhere_it_ends_in_the_same_log(tmp_path, finished, torn):
    content = (finished[0] / "log.jsonl").read_bytes()
    ends = [place for place, byte in enumerate(content) if byte == ord("\n")]
    for end in ends[:: 7 if torn else 9]:
        cut = end + 1 if not torn or end == ends[0] else end - 20
        (tmp_path / "log.jsonl").write_bytes(content[:cut])
        finish(tmp_path)
        assert (tmp_path / "log.jsonl").read_bytes() == content


@pytest.mark.parametrize("lines", [1, 20, 61])
def test_an_old_log_without_checksums_ends_in_the_same_log(tmp_path, finished, lines):
    content = (finished[0] / "log.jsonl").read_bytes()
    old = without_checksums(content).splitlines(keepends=True)
    (tmp_path / "log.jsonl").write_bytes(b"".join(old[:lines]))
    finish(tmp_path)
    assert (tmp_path / "log.jsonl").read_bytes() == content


def test_workers_and_their_simulations_die_with_a_killed_search(tmp_path):
    search = start(tmp_path, seconds=PATIENCE, problem="simulated_sphere")
    children = []

    def both_simulate():
        children[:] = psutil.Process(search.pid).children(recursive=True)
        return sum(child.name() == "sleep" for child in children) == 2

    wait_until(both_simulate)
    search.kill()
    search.wait()
    search.stderr.close()  # not read to its end: survivors would hold it open
    wait_until(lambda: not any(is_alive(child) for child in children), seconds=GONE_WITHIN)


def is_alive(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_ctrl_c_at_the_terminal_keeps_what_finished(tmp_path, finished):
    # A terminal sends it to the whole process group, the workers' being others.
    search = start(tmp_path, start_new_session=True)
    wait_until(lambda: n_lines(tmp_path / "log.jsonl") >= 20)
    os.killpg(search.pid, signal.SIGINT)
    _, errors = search.communicate(timeout=PATIENCE)
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert 19 <= len(read_log(tmp_path / "log.jsonl")[1]) < 60
    finish(tmp_path)
    assert (tmp_path / "log.jsonl").read_bytes() == (finished[0] / "log.jsonl").read_bytes()


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from search_problems import PARAMETERS, SEARCH, sphere, without_checksums
from bionet.metalearning import LogError, metalearn
try:
    with ThreadPoolExecutor(1) as executor:
        metalearn(sphere, PARAMETERS, log_path="log.jsonl", executor=executor, **SEARCH)
except LogError as error:
    sys.exit(f"one line: {error}")
"""


def test_a_file_system_that_refuses_a_write_half_way_loses_nothing(tmp_path, finished):
    whole = (finished[0] / "log.jsonl").read_bytes()
    limit = len(whole) // 2
    limited = subprocess.run(
        [sys.executable, "-c", LIMITED, str(limit)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(PROGRAM.parent)},
        capture_output=True,
        text=True,
    )
    assert limited.returncode == 1
    assert limited.stderr.startswith("one line: cannot write log.jsonl: File too large")
    assert limited.stderr.count("\n") == 1
    kept = (tmp_path / "log.jsonl").read_bytes()
    assert kept == whole[: len(kept)]
    # The line that found no room is the first one that crosses the limit.
    assert len(kept) == whole.rfind(b"\n", 0, limit) + 1
    finish(tmp_path)
    assert (tmp_path / "log.jsonl").read_bytes() == whole


def test_idle_workers_end_with_the_block():
    with worker_processes(2) as executor:
        workers = {psutil.Process(pid) for pid in executor.map(process_id, range(4))}
        assert os.getpid() not in {worker.pid for worker in workers}
    wait_until(lambda: not any(is_alive(worker) for worker in workers), seconds=GONE_WITHIN)


def test_busy_workers_end_at_once_when_the_block_fails():
    begin = time.monotonic()
    with pytest.raises(RuntimeError, match="enough"), worker_processes(1) as executor:
        executor.submit(process_id, 0).result()
        executor.submit(time.sleep, PATIENCE)
        raise RuntimeError("enough")
    assert time.monotonic() - begin < PATIENCE / 2


def test_a_worker_that_the_pool_terminates_takes_its_simulation_along():
    """As it does to the others once one of its workers has died."""
    with pytest.raises(BrokenExecutor), worker_processes(1) as executor:
        worker = psutil.Process(executor.submit(process_id, 0).result())
        simulation = executor.submit(subprocess.run, ["sleep", str(PATIENCE)])
        wait_until(lambda: [child.name() for child in worker.children()] == ["sleep"])
        (child,) = worker.children()
        worker.terminate()
        simulation.result(timeout=PATIENCE)
    wait_until(lambda: not is_alive(child), seconds=GONE_WITHIN)


def process_id(_):
    return os.getpid()
