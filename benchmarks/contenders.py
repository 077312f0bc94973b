"""A biological second of a network, as bionet and its peers take it: CPU time, memory, rate.

The time is the CPU time of the simulation process (each has one thread, so on an idle machine it is
the wall time) for a long run less that for a short one, over the difference of the durations:
connectivity, start and end cancel. The rate is that between the two, too: all did the same work
where it is the same.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hand_written import compile_floor, printed_number
from one_run import run_bionet, run_program, run_textbook

__all__ = [
    "Contender",
    "Durations",
    "Measured",
    "bionet_contender",
    "floor_contender",
    "floor_program",
    "floor_run",
    "interleaved",
    "spikes_of",
    "textbook_contender",
]

WIDE_VECTORS = "-mprefer-vector-width=512"
#: What counts spikes: of bionet's networks, of scripts that bionet compiles, of all other peers.
SPIKES = (
    *("exc.spike_count", "inh.spike_count", "coding.spike_count"),
    *("exc_spikes.N", "inh_spikes.N"),
    "spikes",
)
#: How a project of Brian2's own names the numbers of spikes in its monitors.
MONITORS = {"spikes": ("*_spikes_N", "i")}


@dataclass(frozen=True)
class Durations:
    """Of the two runs, s, and the number of neurons that fire in them."""

    short: float
    long: float
    n: int

    def measured(self, run: Callable[[float], dict]) -> Measured:
        """Return one repeat of a simulation, a function of its duration."""
        first, second = run(self.short), run(self.long)
        between = self.long - self.short
        seconds = (second["cpu"] - first["cpu"]) / between
        spikes = spikes_of(second) - spikes_of(first)
        set_up = first["cpu"] - seconds * self.short
        memory = second["peak"], second["resident"]
        return Measured(seconds, set_up, *memory, spikes / (self.n * between))


@dataclass(frozen=True)
class Measured:
    """One repeat.

    Attributes
    ----------
    seconds : float
        CPU time of a biological second, s.
    set_up : float
        CPU time of everything before and after the simulation, s.
    peak : float
        Peak memory, bytes.
    resident : float or None
        Memory at the end of the simulation, bytes; None where the system does not say.
    rate : float
        Mean over all neurons, Hz.
    """

    seconds: float
    set_up: float
    peak: float
    resident: float | None
    rate: float


#: Something that simulates a network once for each call.
Contender = Callable[[], Measured]


def bionet_contender(
    folder: Path, network, durations: Durations, inputs: Mapping[str, float] | None = None
) -> Contender:
    """Return a network that bionet compiled; what counts its spikes is among its outputs."""
    saved = folder / f"bionet_{len(list(folder.glob('bionet_*.json')))}.json"
    network.save(saved)
    return lambda: durations.measured(lambda t: run_bionet(saved, t, inputs=inputs))


def textbook_contender(
    folder: Path, build: Callable[[Path, float], None], durations: Durations
) -> Contender:
    """Return plain Brian2's network, built once for each duration.

    Parameters
    ----------
    folder : Path
    build : callable
        Builds the project in the folder, for the duration; its monitors are called ``*_spikes``.
    durations : Durations
    """
    directories = {durations.short: folder / "textbook_short", durations.long: folder / "textbook"}
    build(directories[durations.short], durations.short)
    # what does not name the duration need not be compiled again
    shutil.copytree(directories[durations.short], directories[durations.long])
    build(directories[durations.long], durations.long)
    return lambda: durations.measured(lambda t: run_textbook(directories[t], MONITORS))


def floor_contender(folder: Path, source: Path, precision: str, durations: Durations) -> Contender:
    """Return the hand-written program at one precision, whose network has one size."""
    program = floor_program(folder, source, precision)
    return lambda: durations.measured(lambda t: floor_run([program], durations.n, t))


def floor_program(folder: Path, source: Path, precision: str, flags: Sequence[str] = ()) -> Path:
    """Return the hand-written program, compiled.

    It takes the duration in seconds and prints ``rate R Hz``; ``-DREAL=double`` makes it double.
    """
    real = ["-DREAL=double"] if precision == "double" else []
    program = folder / f"floor_{precision}"
    return compile_floor(source, program, [WIDE_VECTORS, *real, *flags])


def floor_run(command: Sequence[str | Path], n: int, duration: float) -> dict:
    """Return one run of the hand-written program of `n` neurons, as `run_program` does.

    With ``totals``, as other runs have them.
    """
    run = run_program(*command, duration)
    rate = printed_number(run["output"], before="rate ", after=" Hz")
    return run | {"totals": {"spikes": rate * n * duration}}


def spikes_of(run: dict) -> float:
    """Return how many spikes one run had."""
    return sum(run["totals"][name] for name in SPIKES if name in run["totals"])


def interleaved(contenders: Mapping[str, Contender], repeats: int) -> dict[str, list[Measured]]:
    """Return the repeats of each contender, all contenders once before any one's next."""
    measured = {what: [] for what in contenders}
    for _ in range(repeats):
        for what, run in contenders.items():
            measured[what].append(run())
    return measured
