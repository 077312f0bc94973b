"""A search's log, which is its whole state: one line a finished evaluation, appended and flushed.

The first line is the plan of the search, each other line one evaluation::

    {"format": "bionet search log", "version": 2, "names": ["ee.alpha"], ..., "trials": 2,
     "checksum": "0f9a3c5e"}
    {"generation": 0, "candidate": 0, "trial": 0, "seed": 3964, "values": {"ee.alpha": ...},
     "loss": 12.5, "metrics": {"rate": 9.8, "isi_cv": null}, "checksum": "8d3f1a02"}

Lines hold what is determined by the plan and the problem, and no times, so the log of a search
that was interrupted ends up the same, byte for byte, as that of one that was not. Evaluations
arrive in any order; once a generation is complete the file is put into the order (generation,
candidate, trial) by replacing it in one step. Numbers are written with as many digits as bring
back the very same float. Any number of lines may be cut off at the end and the rest is still a
log from which the search goes on. Logs of version 1 are read, and get checksums by going on.
"""

import json
import math
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bionet.metalearning.checksums import checked_line, entry_of, has_checksum
from bionet.metalearning.errors import LogError
from bionet.metalearning.evaluation import Evaluation, Trial
from bionet.metalearning.lines import (
    append_line,
    content_of,
    damaged,
    open_for_appending,
    replace_lines,
    whole_lines,
)
from bionet.metalearning.plan import FORMAT, VERSIONS, SearchPlan, plan_from_header, plan_to_header
from bionet.wording import counted

REMEDY = (
    "Restore the file from a copy, or delete this line and all after it: the search repeats those"
)


def evaluation_to_line(evaluation: Evaluation) -> str:
    """One line of JSON, without the newline; a metric that is not finite is null."""
    trial = evaluation.trial
    return checked_line(
        {
            "generation": trial.generation,
            "candidate": trial.candidate,
            "trial": trial.index,
            "seed": trial.seed,
            "values": evaluation.values,
            "loss": evaluation.loss,
            "metrics": {
                name: value if math.isfinite(value) else None
                for name, value in sorted(evaluation.metrics.items())
            },
        },
        allow_nan=False,
    )


def evaluation_from_line(line: str | bytes) -> Evaluation:
    """Return the evaluation that a line holds.

    Raises
    ------
    ValueError, KeyError, TypeError, AttributeError
        If the line is not one that `evaluation_to_line` writes.
    """
    return _evaluation(entry_of(line))


def _evaluation(entry: Mapping[str, Any]) -> Evaluation:
    counts = [entry[key] for key in ("generation", "candidate", "trial", "seed")]
    for count in counts:
        if type(count) is not int or count < 0:
            raise ValueError(f"{count!r} is not a number from 0")
    return Evaluation(
        trial=Trial(*counts),
        values={name: _finite(value) for name, value in entry["values"].items()},
        loss=_finite(entry["loss"]),
        metrics={
            name: math.nan if value is None else _finite(value)
            for name, value in entry["metrics"].items()
        },
    )


def read_log(path: str | os.PathLike) -> tuple[SearchPlan, list[Evaluation]]:
    """Read a log without changing it, also while a search is writing to it.

    Parameters
    ----------
    path : path
        The log.

    Returns
    -------
    plan : SearchPlan
        From its first line.
    evaluations : list of Evaluation
        In the order of the file. A half-written last line, which ends in no checksum, is left out.

    Raises
    ------
    LogError
        If the file is missing, is no such log, or a whole line is damaged. The message names the
        file, the line and what to do.
    """
    path = Path(path)
    plan, evaluations, _ = _parse(path, content_of(path))
    return plan, evaluations


class SearchLog:
    """The log of one search, open for writing; made if it is not there.

    The caller sees to it that only one process writes to it.

    Parameters
    ----------
    path : path
        The log, `log.jsonl` by custom.
    plan : SearchPlan
        What the search is; must be what an existing log says.

    Raises
    ------
    LogError
        As `read_log`, and if the log is that of another search: the message names the
        differences.
    """

    def __init__(self, path: str | os.PathLike, plan: SearchPlan):
        self.path = Path(path)
        self.plan = plan
        header = checked_line(plan_to_header(plan), allow_nan=False)
        if not self.path.exists() or self.path.stat().st_size == 0:
            replace_lines(self.path, [header])
        content = content_of(self.path)
        logged_plan, evaluations, complete = _parse(self.path, content)
        _check_same_plan(self.path, plan, logged_plan)
        self._header = header
        found, *self._lines = content[:complete].decode().splitlines()
        self.evaluations: dict[tuple[int, int, int], Evaluation] = {
            _key(evaluation): evaluation for evaluation in evaluations
        }
        if complete < len(content):
            os.truncate(self.path, complete)
        if found != header:  # of version 1
            self._lines = [evaluation_to_line(evaluation) for evaluation in evaluations]
            replace_lines(self.path, [header, *self._lines])
        self._descriptor: int | None = open_for_appending(self.path)

    def append(self, evaluation: Evaluation) -> None:
        """Write a finished evaluation, and return once it is on the disk.

        Raises
        ------
        LogError
            If it cannot be written; all before it is kept.
        """
        line = evaluation_to_line(evaluation)
        append_line(self._descriptor, self.path, line)
        self._lines.append(line)
        self.evaluations[_key(evaluation)] = evaluation

    def of_generation(self, generation: int) -> dict[tuple[int, int], Evaluation]:
        """Return the evaluations of a generation that are there, by (candidate, trial)."""
        found = {}
        for candidate in range(self.plan.population_size):
            for index in range(self.plan.trials):
                if (generation, candidate, index) in self.evaluations:
                    found[candidate, index] = self.evaluations[generation, candidate, index]
        return found

    def arrange(self) -> None:
        """Put the lines into the order (generation, candidate, trial), in one step.

        Raises
        ------
        LogError
            If the disk is full; the log stays as it was, which is as good for going on.
        """
        ordered = [evaluation_to_line(self.evaluations[key]) for key in sorted(self.evaluations)]
        if ordered == self._lines:
            return
        replace_lines(self.path, [self._header, *ordered])
        self.close()  # it still writes to the file that was replaced
        self._descriptor = open_for_appending(self.path)
        self._lines = ordered

    def close(self) -> None:
        """Close the file; the log is complete without it."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def __enter__(self) -> "SearchLog":
        return self

    def __exit__(self, *exception) -> None:
        self.close()


def _parse(path: Path, content: bytes) -> tuple[SearchPlan, list[Evaluation], int]:
    """Plan, evaluations and the length in bytes of the part of `content` that holds them."""
    lines = content.split(b"\n")[:-1]
    plan = _parse_header(path, content)
    evaluations, seen = [], {}
    for number, end, entry in whole_lines(path, content, REMEDY):
        if number > 1:
            try:
                evaluation = _evaluation(entry)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                if number == len(lines) and not has_checksum(lines[-1]):
                    break  # its writing was cut short
                raise damaged(path, number, REMEDY) from error
            key = _key(evaluation)
            if key in seen:
                what = f"repeats line {seen[key]}: two searches wrote here"
                raise damaged(path, number, REMEDY, what)
            seen[key] = number
            evaluations.append(evaluation)
        complete = end
    _check_order(path, plan, seen)
    return plan, evaluations, complete


def _parse_header(path: Path, content: bytes) -> SearchPlan:
    try:
        line, newline, _ = content.partition(b"\n")
        header = json.loads(line if newline else b"")
        if header["format"] != FORMAT:
            raise ValueError
    except (ValueError, KeyError, TypeError) as error:
        raise LogError(f"{path} is not a search log: its first line does not say so") from error
    version = header.get("version")
    if version not in VERSIONS:
        raise LogError(
            f"{path} is a search log of version {version}; this bionet reads versions "
            f"{' and '.join(map(str, VERSIONS))}"
        )
    try:
        if version == VERSIONS[-1] and not has_checksum(line):
            raise ValueError("it has no checksum")
        return plan_from_header(entry_of(line))
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(path, 1, REMEDY, f"is damaged ({error})") from error


def _check_order(path: Path, plan: SearchPlan, seen: dict[tuple[int, int, int], int]) -> None:
    """Refuse lines the plan has no place for, and a generation begun before the last was done."""
    for (_, candidate, index), number in seen.items():
        if candidate >= plan.population_size or index >= plan.trials:
            raise damaged(
                path, number, REMEDY, "has a candidate or trial that this search does not have"
            )
    counts = Counter(generation for generation, _, _ in seen)
    last = max(counts, default=0)
    # Ends at the first gap, so not even a damaged, huge generation number makes it long.
    gap = next((g for g in range(last) if counts[g] < plan.generation_size), None)
    if gap is not None:
        number = min(line for key, line in seen.items() if key[0] > gap)
        raise damaged(
            path,
            number,
            REMEDY,
            f"belongs to a later generation, but generation {gap} has only {counts[gap]} of its "
            f"{counted(plan.generation_size, 'evaluation')}",
        )


def _check_same_plan(path: Path, plan: SearchPlan, logged: SearchPlan) -> None:
    if plan == logged:
        return
    wanted, found = plan_to_header(plan), plan_to_header(logged)
    differences = [
        f"{key} is {found[key]} in the log and {wanted[key]} now"
        for key in wanted
        if wanted[key] != found[key]
    ]
    raise LogError(
        f"{path} is the log of another search: {'; '.join(differences)}. Resume with the settings "
        "it was started with, or start a new search elsewhere"
    )


def _key(evaluation: Evaluation) -> tuple[int, int, int]:
    trial = evaluation.trial
    return trial.generation, trial.candidate, trial.index


def _finite(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is not a finite number")
    return float(value)
