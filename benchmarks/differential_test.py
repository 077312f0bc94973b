"""Networks drawn at random on the C++ device, against Brian2's own loops: the table of all of them.

Each pack of networks is compiled with every optimisation, with one of them off, and with none; all
state variables and monitors must agree bit for bit (double precision, ``strict=True``). A network
of which something differs is compiled alone and made smaller while it still differs.

    python benchmarks/differential_test.py --table benchmarks/random_networks.md
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "devices"))

from random_network_features import FEATURES, PIECES, features  # noqa: E402
from random_network_programs import Verdict, nearly, packs, smaller, tried  # noqa: E402
from random_networks import sample  # noqa: E402

from bionet.devices import OPTIMISATIONS  # noqa: E402

__all__ = ["reduced", "table"]

PACK = 10
MOST_TRIALS = 40  # compilations spent on making one network smaller


def checked(pack: dict[str, dict], judge: Callable) -> tuple[list[Verdict], dict[str, str]]:
    """Return the verdicts of a pack, and what broke of networks that do not compile or run."""
    try:
        return [judge(pack)], {}
    except Exception as error:  # whatever it is, it is a fault of that pack
        if len(pack) == 1:
            return [], {name: f"{type(error).__name__}: {error}" for name in pack}
    parts = [checked({name: drawn}, judge) for name, drawn in pack.items()]
    broken = {name: told for _, found in parts for name, told in found.items()}
    return [verdict for verdicts, _ in parts for verdict in verdicts], broken


def reduced(drawn: dict, judge: Callable) -> dict:
    """Return a smaller network of which something still differs; the same if it differs no more."""

    def differs(network: dict) -> bool:
        verdicts, broken = checked({"n0_": network}, judge)
        return bool(broken) or any(verdict.differences for verdict in verdicts)

    trials = 0
    found = differs(drawn)
    while found:
        found = False
        for candidate in smaller(drawn):
            trials += 1
            if trials > MOST_TRIALS:
                return drawn
            if differs(candidate):
                drawn, found = candidate, True
                break
    return drawn


def table(
    networks: dict,
    verdicts: list[Verdict],
    regrouped: list[Verdict],
    broken: dict[str, str],
    header: str,
) -> str:
    """Return the Markdown page of a run."""
    differing = {name: lines for v in verdicts for name, lines in v.differences.items()}
    spikes = {name: n for verdict in verdicts for name, n in verdict.spikes.items()}
    occurs = {name: features(drawn) for name, drawn in networks.items()}
    loops = Counter(part for v in verdicts for loop in v.loops for part in _parts(loop))
    equal = set(networks) - set(differing) - set(broken)
    off = {name: [v for v in verdicts if name in v.without] for name in sorted(OPTIMISATIONS)}
    lines = [
        "# Networks drawn at random, against Brian2's own loops",
        "",
        header,
        "",
        f"- {len(networks)} networks, {len(equal)} equal bit for bit, {len(differing)} different, "
        f"{len(broken)} broken",
        f"- {sum(n > 0 for n in spikes.values())} of them spike; {sum(spikes.values())} spikes",
        "",
        "| loop, part by part | objects |",
        "|---|---|",
        *(f"| {loop} | {n} |" for loop, n in loops.most_common()),
        "",
        "| one optimisation off | networks | of these in programs that it changes | different |",
        "|---|---|---|---|",
    ]
    for name, found in off.items():
        changed = sum(len(v.spikes) for v in found if v.told)
        wrong = sum(len(v.differences) for v in found)
        lines.append(f"| {name} | {sum(len(v.spikes) for v in found)} | {changed} | {wrong} |")
    if regrouped:
        far = {name: found for v in regrouped for name, found in v.differences.items()}
        n = sum(len(verdict.spikes) for verdict in regrouped)
        lines += [
            "",
            f'With `reordering="allowed"`, equal to rounding: {n - len(far)} of {n} networks.',
            *(f"- {name}: {found[0]}" for name, found in far.items()),
        ]
    lines += ["", "| what is in a network | networks | different or broken |", "|---|---|---|"]
    for name in dict.fromkeys([*FEATURES, *PIECES]):
        having = [network for network, found in occurs.items() if name in found]
        lines.append(f"| {name} | {len(having)} | {len(set(having) - equal)} |")
    if equal != set(networks):
        lines += ["", "| network | what differs |", "|---|---|"]
        told = {name: lines[0] for name, lines in differing.items()} | broken
        lines += [f"| {name} | {text.splitlines()[0][:200]} |" for name, text in told.items()]
    return "\n".join(lines) + "\n"


def _parts(loop: str) -> list[str]:
    """Return what is told of a loop, part by part, without names of variables."""
    parts = (
        re.sub(r"^.* once a row$", "variables of a neuron once a row", p) for p in loop.split("; ")
    )
    return [re.sub("^common factor for .*$", "common factor of a decay", part) for part in parts]


def _commit() -> str:
    order = ["git", "-C", str(HERE), "describe", "--always", "--dirty"]
    return subprocess.run(order, capture_output=True, text=True).stdout.strip() or "unknown"


def main() -> None:
    """Draw, compare, tell, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--networks", type=int, default=300, help="how many")
    parser.add_argument("--first", type=int, default=0, help="number of the first")
    parser.add_argument(
        "--without",
        nargs="*",
        help="what is off, in place of each in turn; none if no name follows",
    )
    parser.add_argument("--reordering", action="store_true", help="and with regrouped sums")
    parser.add_argument("--table", type=Path, help="Markdown file")
    parser.add_argument("--reduce", action="store_true", help="make differing networks smaller")
    options = parser.parse_args()
    commit, start = _commit(), time.time()
    networks = sample(options.networks, options.first)
    verdicts, regrouped, broken = [], [], {}
    for k, pack in enumerate(packs(networks, PACK)):
        without = options.without
        if without is None:
            without = [sorted(OPTIMISATIONS)[k % len(OPTIMISATIONS)]]
        judges = {f"without {' '.join(without)}": partial(tried, without=without)}
        if options.reordering:
            judges["reordering"] = nearly
        for name, judge in judges.items():
            found, failed = checked(pack, judge)
            (regrouped if judge is nearly else verdicts).extend(found)
            broken |= failed
            told = {n: lines[:3] for v in found for n, lines in v.differences.items()} | failed
            print(", ".join(pack), name, json.dumps(told, indent=1), flush=True)
            for network in told if options.reduce else ():
                print(network, json.dumps(reduced(networks[network], judge)), flush=True)
    header = (
        f"Written by `python benchmarks/differential_test.py` on {datetime.now(UTC):%Y-%m-%d} at "
        f"{commit}, in {(time.time() - start) / 60:.0f} minutes."
    )
    page = table(networks, verdicts, regrouped, broken, header)
    if options.table:
        options.table.write_text(page)
    print(page)


if __name__ == "__main__":
    main()
