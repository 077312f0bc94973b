"""Run every benchmark one after the other and put what they measured into benchmarks/README.md.

    python benchmarks/run_all.py --floor FILE --floor-bars FILE --torch PYTHON --data FOLDER

Also writes ``results.jsonl`` beside this file. Half an hour on two idle cores; ``--cpp``, only what
times the C++ device, takes twelve minutes. The tables of what was not run stay as they were.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from report import digits

__all__ = ["CPP_DEVICE", "SCRIPTS", "read", "table", "write"]

HERE = Path(__file__).parent
#: The benchmarks in the order of their tables, with the options that keep them short.
SCRIPTS = {
    "biological_second": ["--repeats", "3"],
    "instructions": [],
    "optimisations": ["--repeats", "3", "--long", "1.6"],
    "growth": ["--repeats", "3"],
    "static_networks": ["--repeats", "3"],
    "build_time": ["--repeats", "2"],
    "second_call": [],
    "generation": [],
    "dendritic_bars": ["--repeats", "3"],
    "surrogate_gradients": [],
}
#: Those that ask how fast bionet's C++ device is.
CPP_DEVICE = (
    "biological_second",
    "dendritic_bars",
    "static_networks",
    "build_time",
    "instructions",
    "growth",
    "optimisations",
)
#: Options whose values are paths, and what stands for them in the tables.
PLACES = {"--floor": "FILE", "--torch": "PYTHON", "--data": "FOLDER"}
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def table(record: dict) -> str:
    """Return one benchmark's JSON record as a Markdown section."""
    measured = record.get("software", {"Brian2": record["versions"]["brian2"]})
    software = ", ".join(f"{name} {version}" for name, version in measured.items())
    lines = [
        f"### {record['benchmark']}",
        "",
        f"`{record['command']}`",
        "",
        f"{record['date']}, {record['processor']}, {record['cores']} cores, load before "
        f"{record['load_before']:.1f}; {record['compiler']}, {software}, Python "
        f"{record['versions']['python']}.",
        "",
        "| | median | range | goal |",
        "|---|---|---|---|",
    ]
    for row in record["rows"]:
        goal = ""
        if "goal" in row:
            goal = f"{row['goal']} {row['unit']}: {'met' if row['goal_met'] else '**missed**'}"
        span = f"{digits(row['min'])} to {digits(row['max'])}"
        value = f"{digits(row['median'])} {row['unit']}"
        lines.append(f"| {row['what'].strip()} | {value} | {span} | {goal} |")
    return "\n".join(lines)


def main() -> None:
    """Run, collect, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--floor", type=Path, help="hand-written program of the plastic network")
    parser.add_argument("--floor-bars", type=Path, help="hand-written program of the bars task")
    parser.add_argument("--torch", type=Path, help="a Python that has torch")
    parser.add_argument("--data", type=Path, help="folder with the files of Fashion-MNIST")
    parser.add_argument("--full", action="store_true", help="rebuild every candidate")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--cpp", action="store_true", help="only what times the C++ device")
    chosen.add_argument("--only", nargs="+", choices=SCRIPTS, metavar="NAME", help="only these")
    options = parser.parse_args()
    names = CPP_DEVICE if options.cpp else options.only or SCRIPTS
    results = HERE / "results.jsonl"
    records = read(results)
    failed = []
    for name in names:
        print(f"{name}:", flush=True)
        record = _run(name, _arguments(name, options))
        if record:
            records[name] = record
            write(results, records)
            _fill(HERE / "README.md", records)
        else:
            failed.append(name)
    if failed:
        sys.exit(f"failed, their earlier tables stand: {', '.join(failed)}")


def _run(name: str, arguments: list[str]) -> dict | None:
    """Return what a benchmark measured; None if it failed."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "record.jsonl")
        command = [sys.executable, HERE / f"{name}.py", "--out", out, *arguments]
        if subprocess.run(command).returncode:
            return None
        shown = " ".join(["python", f"benchmarks/{name}.py", *_without_paths(arguments)])
        return json.loads(out.read_text()) | {"command": shown}


def read(results: Path) -> dict[str, dict]:
    """Return the records of a file, by benchmark; none if it is not there."""
    lines = results.read_text().splitlines() if results.is_file() else []
    records = [json.loads(line) for line in lines]
    return {record["benchmark"]: record for record in records}


def write(results: Path, records: Mapping[str, dict]) -> None:
    """Write records, one a line, in the order of `SCRIPTS`."""
    lines = [json.dumps(records[name]) + "\n" for name in SCRIPTS if name in records]
    results.write_text("".join(lines))


def _arguments(name: str, options) -> list[str]:
    floor, bars = _path("--floor", options.floor), _path("--floor", options.floor_bars)
    peers = {
        "biological_second": floor,
        "instructions": floor,
        "dendritic_bars": bars,
        "surrogate_gradients": [*_path("--torch", options.torch), *_path("--data", options.data)],
        "generation": ["--full"] if options.full else [],
    }
    return [*SCRIPTS[name], *peers.get(name, [])]


def _path(option: str, path: Path | None) -> list[str]:
    # not resolved: a link to Python is what makes an environment of it
    return [option, str(path.absolute())] if path else []


def _without_paths(arguments: list[str]) -> list[str]:
    """Return the arguments without where these things lie, which is wherever the user has them."""
    return [
        PLACES.get(before, word) for before, word in zip(["", *arguments], arguments, strict=False)
    ]


def _fill(readme: Path, records: Mapping[str, dict]) -> None:
    before, rest = readme.read_text().split(BEGIN)
    after = rest.split(END)[1]
    tables = "\n\n".join(table(records[name]) for name in SCRIPTS if name in records)
    readme.write_text(f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}")


if __name__ == "__main__":
    main()
