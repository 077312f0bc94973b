"""A kind of protocol for the tests: counts steps into its log, and fails as it is told."""

import errno
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from bionet.errors import BionetError
from bionet.runs import Kind, RunDirectory, Unit


@dataclass(frozen=True)
class Drive:
    """A nested table."""

    rate: Annotated[float, Unit("Hz")]
    weights: Annotated[tuple[float, ...], Unit("nS")] = (3e-9,)

    def __post_init__(self):
        if self.rate <= 0:
            raise ValueError(f"rate must be positive; found {self.rate} Hz")


@dataclass(frozen=True)
class Toy:
    """The toy's configuration."""

    steps: int
    drive: Drive
    pause: Annotated[float, Unit("s")] = 0.0
    seed: int = 1
    failure: Literal["none", "full disk", "full disk below", "expected", "fault"] = "none"
    label: str | None = None
    bounds: tuple[float, float] = (0.0, 1.0)
    plastic: bool = field(default=True)


def start(configuration: Toy, directory: RunDirectory, workers: int) -> None:
    """Append one line a step, going on where the log ends."""
    done = steps_done(directory)
    with open(directory.log_path, "a") as log:
        for step in range(done, configuration.steps):
            if step == configuration.steps // 2:
                _fail(configuration.failure, directory)
            log.write(json.dumps({"step": step}) + "\n")
            log.flush()
            time.sleep(configuration.pause)
    directory.record(workers=workers)
    directory.save_results(steps=list(range(configuration.steps)))


def _fail(failure: str, directory: RunDirectory) -> None:
    if failure == "full disk":
        raise OSError(errno.ENOSPC, "No space left on device", str(directory.log_path))
    if failure == "full disk below":
        try:
            raise OSError(errno.ENOSPC, "No space left on device", str(directory.log_path))
        except OSError as error:
            raise RuntimeError("a simulation failed") from error
    if failure == "expected":
        raise BionetError("the compiler\nis missing")
    if failure == "fault":
        raise ZeroDivisionError("a fault of the program")


def steps_done(directory: RunDirectory) -> int:
    """Count the log's lines."""
    if not directory.log_path.exists():
        return 0
    return len(directory.log_path.read_text().splitlines())


def figures(directory: RunDirectory) -> list[Path]:
    """Write the number of results where a figure would go."""
    path = directory.figures_path / "steps.txt"
    path.write_text(str(len(directory.load_results()["steps"])))
    return [path]


def status(directory: RunDirectory) -> str:
    """Say how many steps are done and asked for."""
    lines = directory.log_path.read_text().splitlines() if directory.log_path.exists() else []
    for number, line in enumerate(lines, 1):
        try:
            json.loads(line)
        except ValueError as error:
            raise BionetError(f"{directory.log_path}: line {number} is damaged") from error
    return f"{len(lines)} of {directory.load_configuration(Toy).steps} steps"


MAY_CHANGE = frozenset({"steps", "pause", "failure"})
KIND, AGAIN = (
    Kind(
        name,
        Toy,
        start,
        figures,
        status,
        may_change=MAY_CHANGE,
        memory=lambda toy: {"seed": 8.0, "steps": 8.0 * toy.steps},
    )
    for name in ("toy", "toy_again")
)
