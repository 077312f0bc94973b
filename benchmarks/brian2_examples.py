"""All of Brian2's own examples, each compiled by bionet and compared with plain Brian2.

The scripts are no part of this project; give the folder ``examples`` of Brian2's repository, of the
version that is installed. For each the network of the first run is taken, at most `--steps` time
steps of it, and every array that a call can return is compared (`one_example.py` says with what).

    python benchmarks/brian2_examples.py FOLDER --out examples.jsonl --table examples.md
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from example_arrays import compared
from example_table import BIT, table, verdict

ONE = Path(__file__).with_name("one_example.py")
DEVICES = ("runtime", "cpp")
STEPS = 1000
# Large networks and long cables, for which plain Brian2 without a compiler takes minutes
FEWER_STEPS = {
    "compartmental/lfp.py": 100,
    "compartmental/rall.py": 300,
    "frompapers/Brunel_2000.py": 100,
}


def scripts(folder: Path, only: str) -> list[Path]:
    """Return the examples that match a regular expression, those without a run left out."""
    named = (p for p in sorted(folder.rglob("*.py")) if re.search(only, str(p.relative_to(folder))))
    return [path for path in named if re.search(r"\brun\(", path.read_text())]


def tried(script: Path, name: str, work: Path, options: argparse.Namespace) -> dict:
    """Return the record of one example: what was compared, and the verdicts."""
    start = time.perf_counter()
    order = {"script": str(script), "steps": FEWER_STEPS.get(name, options.steps)}
    order["devices"] = options.devices
    record = {"example": name, **_in_process("existing", order, work, options)}
    checks, values = record.get("checks", {}), record.pop("values", {})
    if "cpp" in checks and (record["noisy"] or checks["cpp"]["verdict"] == "wrong"):
        told, ours = _function(order, record, work, options)
        checks["function"] = told
        # so it is where the script draws nothing before it runs
        record["existing as function"] = bool(ours) and _equal(values, ours)
    record.pop("names", None)
    record["verdict"] = verdict(record)
    record["seconds"] = round(time.perf_counter() - start, 1)
    return record


def _equal(values: Mapping, others: Mapping) -> bool:
    return values.keys() == others.keys() and compared(values, others)["verdict"] == BIT


def _function(
    order: dict, record: Mapping, work: Path, options: argparse.Namespace
) -> tuple[dict, dict]:
    """Compare the script as a function with Brian2's own C++ program; return its values, too."""
    known = {name: record[name] for name in ("duration", "names", "precision")}
    with tempfile.TemporaryDirectory(dir=work) as project:
        order = {**order, **known, "project": project}
        peer = _in_process("standalone", order, work, options)
    if "values" not in peer:
        told = peer.get("error") or peer.get("left_out")
        return {"verdict": "no peer", "message": f"plain Brian2 in C++: {told}"}, {}
    ours = _in_process("function", order, work, options)
    if "values" not in ours:
        unclear = {"verdict": "refused unclearly", "message": ours.get("left_out")}
        return ours.get("error", unclear), {}
    return compared(ours["values"], peer["values"]), ours["values"]


def _in_process(form: str, order: dict, work: Path, options: argparse.Namespace) -> dict:
    """Let `one_example` do one thing; it and all that it started end at the limit."""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        result, log = Path(folder) / "result", Path(folder) / "log"
        order = order | {"form": form, "result": str(result)}
        with open(log, "w") as file:
            process = subprocess.Popen(
                [sys.executable, str(ONE), json.dumps(order)],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
            try:
                process.wait(options.limit)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return {"left_out": f"{form}: not done in {options.limit:g} s"}
        if result.exists():
            return pickle.loads(result.read_bytes())
        last = log.read_text().strip().splitlines()[-1:]
        return {"left_out": f"{form}: its process died: {' '.join(last)}"}


def main(arguments: list[str] | None = None) -> None:
    """Try the examples and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="the folder examples of Brian2's repository")
    parser.add_argument("--only", default="", help="regular expression of names to try")
    parser.add_argument("--steps", type=int, default=STEPS, help="time steps simulated at most")
    parser.add_argument("--devices", nargs="+", default=DEVICES, choices=DEVICES)
    parser.add_argument("--jobs", type=int, default=1, help="examples at a time")
    parser.add_argument("--limit", type=float, default=600, help="seconds a process")
    parser.add_argument("--out", type=Path, help="append a JSON line for each example to this file")
    parser.add_argument("--resume", action="store_true", help="leave out what --out holds already")
    parser.add_argument("--table", type=Path, help="write the table to this file")
    options = parser.parse_args(arguments)
    if not options.folder.is_dir():
        sys.exit(f"{options.folder}: there is no such folder")
    folder = options.folder.resolve()
    records = _records(options.out) if options.resume and options.out else {}
    todo = {str(path.relative_to(folder)): path for path in scripts(folder, options.only)}
    if not todo:
        sys.exit(f"{options.folder}: no example with a run is named like {options.only!r}")
    todo = {name: path for name, path in todo.items() if name not in records}
    with tempfile.TemporaryDirectory(prefix="bionet_examples_") as temporary:
        work = Path(temporary)

        def one(name: str) -> dict:
            record = tried(todo[name], name, work, options)
            line = json.dumps(record)
            if options.out:
                with open(options.out, "a") as file:
                    file.write(line + "\n")
            print(f"{record['seconds']:>7} s  {record['verdict']:<22} {name}", flush=True)
            return record

        with ThreadPoolExecutor(options.jobs) as pool:
            records |= {record["example"]: record for record in pool.map(one, todo)}
    text = table(list(records.values()), _software(), options.steps)
    if options.table:
        options.table.write_text(text)
    print(text)


def _software() -> dict[str, str]:
    from bionet.runs.provenance import versions
    from bionet.runs.toolchain import find_cpp_compiler

    known = versions()
    names = {"Brian2": "brian2", "numpy": "numpy", "Python": "python"}
    found = {name: known[key] for name, key in names.items()}
    return found | {"C++": find_cpp_compiler().version}


def _records(out: Path) -> dict[str, dict]:
    """Return the last record of each example; a line cut off by a killed process is left out."""
    records: dict[str, dict] = {}
    text = out.read_text() if out.exists() else ""
    if text and not text.endswith("\n"):
        out.write_text(text + "\n")
    for line in text.splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        records[record["example"]] = record
    return records


if __name__ == "__main__":
    main()
