"""The verdict on each of Brian2's examples, and all of them as a table."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence

__all__ = ["BIT", "counts", "table", "verdict"]

BIT, ROUNDING = "equal bit for bit", "equal to rounding"
AS_CPP = "equal to Brian2's C++"
REFUSED, UNCLEAR, WRONG = "refused by name", "refused unclearly", "wrong"
NO_PEER, LEFT_OUT = "noise without a peer", "left out"
MEANING = {
    BIT: "every array is that of plain Brian2, as an existing network in C++ and on the runtime "
    "device, and the network given back runs on as if it had never been compiled",
    ROUNDING: "likewise; the table tells the greatest deviation, of the array's greatest value",
    AS_CPP: "the network has noise, or rounding grows in it: as a function it gives, bit for bit, "
    "what plain Brian2's own C++ program gives from the same seed with the same compiler flags; "
    "of the existing network everything that is not noise is equal",
    REFUSED: "C++ cannot do it: bionet says so before anything is compiled, naming the object",
    UNCLEAR: "an exception that is none of bionet's, or that names no object",
    WRONG: "an array differs",
    NO_PEER: "the network has noise, and plain Brian2's C++ device does not take the script; "
    "what is not noise is equal",
    LEFT_OUT: "plain Brian2 does not run it here: it needs other packages or data",
}


def verdict(record: Mapping) -> str:
    """Return the verdict on an example from those on its parts."""
    if "checks" not in record:
        return LEFT_OUT
    checks = {name: check["verdict"] for name, check in record["checks"].items()}
    function = checks.pop("function", None)
    if checks.get("cpp") == WRONG and not record["noisy"] and function in (BIT, ROUNDING):
        checks["cpp"] = AS_CPP  # it is rounding that grew
    found = {*checks.values()} | ({function} if function else set())
    if found & {WRONG, UNCLEAR}:
        return WRONG if WRONG in found else UNCLEAR
    if REFUSED in found:
        return REFUSED
    if "cpp" in checks and record["noisy"]:
        return NO_PEER if function == "no peer" else AS_CPP
    if AS_CPP in found:
        return AS_CPP
    return ROUNDING if ROUNDING in found else BIT


def counts(records: Sequence[Mapping]) -> dict[str, int]:
    """Return how many examples got each verdict, all verdicts in their order."""
    found = Counter(record["verdict"] for record in records)
    return {name: found[name] for name in MEANING}


def table(records: Sequence[Mapping], software: Mapping[str, str], steps: int) -> str:
    """Return all records as a Markdown page."""
    versions = ", ".join(f"{name} {version}" for name, version in software.items())
    lines = [
        "# Brian2's own examples",
        "",
        "Written by `python benchmarks/brian2_examples.py FOLDER --table FILE`"
        f" ({time.strftime('%Y-%m-%d')}; {versions}; {steps} time steps of each first run at "
        "most).",
        "",
        "| verdict | examples | meaning |",
        "|---|---|---|",
        *(f"| {name} | {n} | {MEANING[name]} |" for name, n in counts(records).items()),
        "",
        "| example | simulated | arrays | verdict | of that |",
        "|---|---|---|---|---|",
        *(_row(record) for record in sorted(records, key=_rank)),
    ]
    return "\n".join(lines) + "\n"


def _rank(record: Mapping) -> tuple:
    return [*MEANING].index(record["verdict"]), record["example"]


def _row(record: Mapping) -> str:
    duration = f"{1e3 * record['duration']:.4g} ms" if "duration" in record else ""
    told = "; ".join(_told(record)).replace("|", "\\|")
    cells = (record["example"], duration, str(record.get("outputs", "")), record["verdict"], told)
    return f"| {' | '.join(cells)} |"


def _told(record: Mapping):
    if "left_out" in record:
        yield record["left_out"]
    if record.get("existing as function"):
        yield "the existing network has the same noise"
    for name, check in record.get("checks", {}).items():
        if "message" in check:
            yield f"{name}: {check['message']}"
        elif check.get("array"):
            deviation = check["deviation"]
            size = "other shape or value" if deviation is None else f"{deviation:.1e}"
            yield f"{name}: {size} in `{check['array']}`"
