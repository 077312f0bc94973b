"""Run every benchmark one after the other and put what they measured into benchmarks/README.md.

    python benchmarks/run_all.py --floor FILE --floor-bars FILE --torch PYTHON --data FOLDER

Also writes ``results.jsonl`` beside this file. Takes twenty minutes on two idle cores.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

__all__ = ["table"]

HERE = Path(__file__).parent
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
        span = f"{row['min']:.3g} to {row['max']:.3g}"
        lines.append(
            f"| {row['what'].strip()} | {row['median']:.3g} {row['unit']} | {span} | {goal} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run, collect, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--floor", type=Path, help="hand-written program of the plastic network")
    parser.add_argument("--floor-bars", type=Path, help="hand-written program of the bars task")
    parser.add_argument("--torch", type=Path, help="a Python that has torch")
    parser.add_argument("--data", type=Path, help="folder with the files of Fashion-MNIST")
    parser.add_argument("--full", action="store_true", help="rebuild every candidate")
    options = parser.parse_args()
    results = HERE / "results.jsonl"
    results.unlink(missing_ok=True)
    runs = {
        "biological_second": _path("--floor", options.floor),
        "second_call": [],
        "generation": ["--full"] if options.full else [],
        "dendritic_bars": _path("--floor", options.floor_bars),
        "surrogate_gradients": [*_path("--torch", options.torch), *_path("--data", options.data)],
    }
    for name, arguments in runs.items():
        print(f"{name}:", flush=True)
        command = [sys.executable, HERE / f"{name}.py", "--out", results, *arguments]
        subprocess.run(command, check=True)
    records = []
    for line, arguments in zip(results.read_text().splitlines(), runs.values(), strict=True):
        record = json.loads(line)
        script = f"python benchmarks/{record['benchmark']}.py"
        records.append(record | {"command": " ".join([script, *_without_paths(arguments)])})
    _fill(HERE / "README.md", "\n\n".join(table(record) for record in records))


def _path(option: str, path: Path | None) -> list[str]:
    # not resolved: a link to Python is what makes an environment of it
    return [option, str(path.absolute())] if path else []


def _without_paths(arguments: list[str]) -> list[str]:
    """Return the arguments without where these things lie, which is wherever the user has them."""
    return [
        PLACES.get(before, word) for before, word in zip(["", *arguments], arguments, strict=False)
    ]


def _fill(readme: Path, tables: str) -> None:
    before, rest = readme.read_text().split(BEGIN)
    after = rest.split(END)[1]
    readme.write_text(f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}")


if __name__ == "__main__":
    main()
