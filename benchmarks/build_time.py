"""Time from a network to a program that simulates it, on an empty cache and on fuller ones.

Cold: nothing is there, so the standard headers are compiled too. With headers: those of an earlier
network on this machine are there. Warm: the very network is there, and generating its code shows
that. Each in a process of its own, from `compile_network` on: importing Brian2 comes before.
CPU time counts the compilers, which work side by side; files are in the operating system's cache.

Peer, in the same run: plain Brian2 generates and compiles the same network the textbook way.

    python benchmarks/build_time.py
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from plastic_network import Size, add_size_options, compile_bionet, size_of
from report import argument_parser, publish, ratios, row, spread
from textbook_network import build_textbook

GOAL_COLD = 5.0  # s
TEXTBOOK = "textbook Brian2"


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argument_parser(__doc__, repeats=3)
    add_size_options(parser)
    options = parser.parse_args(arguments)
    load, size = os.getloadavg()[0], size_of(options)
    measured = {}
    for _ in range(options.repeats):
        with tempfile.TemporaryDirectory(prefix="bionet_benchmark_") as name:
            for what, times in _repeat(Path(name), size).items():
                measured.setdefault(what, []).append(times)
    publish("build_time", options, load, _rows(measured))


def _repeat(folder: Path, size: Size) -> dict[str, dict[str, float]]:
    cache = folder / "cache"
    times = {"cold": _built(size, cache), "warm": _built(size, cache)}
    for entry in cache.iterdir():
        if not entry.name.startswith("headers"):
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    times["with headers"] = _built(size, cache)
    times[TEXTBOOK] = _built(size, folder / "textbook", peer=True)
    return times


def _built(size: Size, folder: Path, *, peer: bool = False) -> dict[str, float]:
    """Return ``wall`` and ``cpu`` of one build in a process of its own, s."""
    order = {"size": [size.n_exc, size.n_inh, size.probability], "folder": str(folder)}
    command = [sys.executable, __file__, "--build", json.dumps(order | {"peer": peer})]
    environment = os.environ | {"BIONET_CACHE": str(folder)}
    built = subprocess.run(command, capture_output=True, text=True, env=environment)
    if built.returncode:
        sys.exit(f"{order} failed:\n{built.stderr}")
    return json.loads(built.stdout.splitlines()[-1])


def _build(order: dict) -> None:
    import brian2  # noqa: F401  what every script has imported by then

    import bionet.devices
    import bionet.networks  # noqa: F401

    size = Size(*order["size"])
    if order["peer"]:
        times = _timed(lambda: build_textbook(Path(order["folder"]), size, 1.0))
    else:
        times = _timed(lambda: compile_bionet(size))
    print(json.dumps(times))


def _timed(build: Callable) -> dict[str, float]:
    start, used = time.perf_counter(), _cpu()
    build()
    return {"wall": time.perf_counter() - start, "cpu": _cpu() - used}


def _cpu() -> float:
    own, children = (
        resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return sum(used.ru_utime + used.ru_stime for used in (own, children))


def _rows(measured: dict[str, list[dict[str, float]]]) -> list[dict]:
    rows = []
    for what, repeats in measured.items():
        goal = ("<=", GOAL_COLD) if what == "cold" else None
        rows += [
            row(f"{what}: a build", spread([times["wall"] for times in repeats]), "s", goal),
            row(f"{what}: CPU time of it", spread([times["cpu"] for times in repeats]), "s"),
        ]
    peer = [times["wall"] for times in measured[TEXTBOOK]]
    for what in ("cold", "with headers", "warm"):
        faster = ratios(peer, [times["wall"] for times in measured[what]])
        rows.append(row(f"{what}: times faster than {TEXTBOOK}", faster, "x"))
    return rows


if __name__ == "__main__":
    if sys.argv[1:2] == ["--build"]:
        _build(json.loads(sys.argv[2]))
    else:
        main()
