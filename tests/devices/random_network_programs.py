"""Programs of many drawn networks, and in which of them the device's loops change a result.

A program holds a pack of networks that have nothing to do with each other, which spares most of the
compiler's time. What differs names its network, and that is then compiled alone and made smaller.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from unittest.mock import patch

import numpy as np
from random_network_parts import network_of
from random_network_texts import outputs
from random_networks import STEPS

from bionet.devices import OPTIMISATIONS, Status, cache, compile_network, cpp_source

__all__ = [
    "DURATIONS",
    "SEEDS",
    "Verdict",
    "deviation",
    "difference",
    "in_single_precision",
    "nearly",
    "packs",
    "program",
    "smaller",
    "tried",
]

DT = 1e-4  # s
SEEDS = (0, 1)
#: Whole runs, and runs that end with spikes under way.
DURATIONS = (STEPS * DT, 37 * DT)
#: Units in the last place up to which a difference is one of rounding.
LAST_BITS = 1000
#: Relative and absolute: rounding of 1e-16, which grows where a step of forward Euler expands.
TOLERANCE = 1e-7
#: Where rounding of 1e-7 decides on a spike, those that follow from it may be others.
OTHER_SPIKES = 0.1
COUNT = re.compile(r"n\d+_cells\d\.count")


@dataclass
class Verdict:
    """What came of a pack of networks.

    Attributes
    ----------
    without : tuple of str
        The optimisations that were off in a second program of the device's loops.
    differences : dict of str to list of str
        Prefix of each network of which something differs to what that is.
    spikes : dict of str to int
        Prefix of each network to the number of its spikes, all runs together.
    loops : list of str
        The loops that the objects got, one for each object that runs in a step.
    told : bool
        Whether the optimisation that was off makes another program of these networks.
    """

    without: tuple[str, ...]
    differences: dict[str, list[str]] = field(default_factory=dict)
    spikes: dict[str, int] = field(default_factory=dict)
    loops: list[str] = field(default_factory=list)
    told: bool = False


def packs(networks: dict[str, dict], size: int) -> list[dict[str, dict]]:
    """Return the networks in groups of `size` that share a program.

    Those with a clock of their own come last: they take from the others what needs a single clock.
    """
    names = sorted(networks, key=lambda name: _has_clock(networks[name]))
    return [
        {name: networks[name] for name in names[start : start + size]}
        for start in range(0, len(names), size)
    ]


def _has_clock(drawn: dict) -> bool:
    timed = [*drawn["groups"], *drawn["monitors"]]
    timed += [regular for group in drawn["groups"] for regular in group["regular"]]
    return any(part.get("dt") for part in timed)


def program(networks: dict[str, dict], without=(), *, reordering="none", precision="double"):
    """Return the compiled program of several drawn networks, strict unless it may reorder."""
    names = [name for prefix, drawn in networks.items() for name in outputs(drawn, prefix)]
    return compile_network(
        network_of(networks),
        DURATIONS[0],
        outputs=names,
        without=list(without),
        strict=reordering == "none" and precision == "double",
        reordering=reordering,
        precision=precision,
    )


def reference(networks: dict[str, dict]):
    """Return the program with Brian2's own loops.

    Strict results do not depend on how much the compiler optimises: little is much faster.
    """
    flags = tuple("-O1" if flag == "-O3" else flag for flag in cpp_source.FLAGS)
    with patch.object(cpp_source, "FLAGS", flags):
        return program(networks, OPTIMISATIONS)


def tried(networks: dict[str, dict], without=()) -> Verdict:
    """Compare a pack with all optimisations, and with some of them off, to Brian2's own loops."""
    verdict = Verdict(tuple(without))
    fast = program(networks)
    others = {"all": fast}
    if without and (some := program(networks, without)).directory != fast.directory:
        others[f"all but {', '.join(without)}"] = some
        verdict.told = True
    verdict.loops = [loop["loop"] for loop in cache.record(fast.directory)["loops"]]
    _compare(verdict, reference(networks), others, difference)
    return verdict


def nearly(networks: dict[str, dict]) -> Verdict:
    """Compare a pack in which sums and products may be regrouped to Brian2's own loops."""
    verdict = Verdict(())
    others = {"reordering": program(networks, reordering="allowed")}
    _compare(verdict, reference(networks), others, deviation)
    return verdict


def in_single_precision(networks: dict[str, dict]) -> Verdict:
    """Compare the numbers of spikes of a pack to those of Brian2's own loops, both in single."""
    verdict = Verdict(())
    others = {"single": program(networks, precision="single")}
    _compare(verdict, program(networks, OPTIMISATIONS, precision="single"), others, other_number)
    return verdict


def _compare(verdict: Verdict, reference, others: dict, told_by) -> None:
    for seed in SEEDS:
        for duration in DURATIONS:
            expected = _values(reference, duration, seed)
            for name, values in expected.items():
                if COUNT.fullmatch(name):
                    prefix = _prefix(name)
                    verdict.spikes[prefix] = verdict.spikes.get(prefix, 0) + int(values.sum())
            for which, compiled in others.items():
                got = _values(compiled, duration, seed)
                run = f"{which}; seed {seed}, {duration / DT:.0f} steps"
                for name, values in expected.items():
                    if told_by is other_number and not COUNT.fullmatch(name):
                        continue
                    if told := told_by(values, got[name]):
                        lines = verdict.differences.setdefault(_prefix(name), [])
                        lines.append(f"{name} ({run}): {told}")


def _prefix(variable: str) -> str:
    return variable.partition("_")[0] + "_"


def _values(compiled, duration: float, seed: int) -> dict:
    outcome = compiled.lasting(duration)(seed=seed)
    if outcome.status is not Status.COMPLETED:
        raise RuntimeError(f"{outcome.status.value}: {outcome.reason}")
    return outcome.values


def difference(expected: np.ndarray, got: np.ndarray) -> str:
    """Return in words how two arrays differ; an empty text if every bit is the same."""
    if expected.dtype != got.dtype or expected.shape != got.shape:
        return f"{got.dtype}{got.shape} in place of {expected.dtype}{expected.shape}"
    if expected.tobytes() == got.tobytes():
        return ""
    one, other = np.atleast_1d(expected), np.atleast_1d(got)
    unequal = one != other
    if one.dtype.kind == "f":
        unequal &= ~(np.isnan(one) & np.isnan(other))
        if not unequal.any():
            return "signs of zeros or of NaN"
    first = tuple(int(k[0]) for k in np.nonzero(unequal))
    told = f"{unequal.sum()} of {unequal.size}, at {first} {one[first]} became {other[first]}"
    if one.dtype.kind != "f":
        return told
    with np.errstate(invalid="ignore"):  # an infinite or undefined value is not near another
        near = np.abs(one - other) <= LAST_BITS * np.spacing(np.abs(one))
    return f"{told}, last bits" if near[unequal].all() else told


def deviation(expected: np.ndarray, got: np.ndarray) -> str:
    """Return in words how two arrays differ by more than rounding; an empty text if they do not."""
    told = difference(expected, got)
    near = expected.shape == got.shape and np.allclose(got, expected, TOLERANCE, TOLERANCE, True)
    return "" if near else told


def other_number(expected: np.ndarray, got: np.ndarray) -> str:
    """Return in words how two numbers of spikes differ; an empty text if they are similar."""
    one, other = int(expected.sum()), int(got.sum())
    similar = abs(one - other) <= OTHER_SPIKES * max(one, 100)
    return "" if similar else f"{one} spikes became {other}"


def smaller(drawn: dict) -> Iterator[dict]:
    """Yield networks that lack one part of a drawn one."""
    for part in ("monitors", "inputs", "onto"):
        for k in range(len(drawn[part])):
            yield drawn | {part: drawn[part][:k] + drawn[part][k + 1 :]}
    last = f"p{len(drawn['projections']) - 1}"
    used = [m["of"] for m in drawn["monitors"]] + [o["target"] for o in drawn["onto"]]
    if drawn["projections"] and last not in used:
        yield drawn | {"projections": drawn["projections"][:-1]}
    plain = {"regular": [], "event": None, "refractory": "none", "dt": None, "reset": "none"}
    plain |= {"threshold": "constant", "unless refractory": False, "v": "leak", "method": "euler"}
    yield from _with_simpler(drawn, "groups", plain)
    simple = {"again": None, "post": "none", "summed": "none", "multisynaptic": False}
    simple |= {"connect": ["all to all"], "pre": "add", "on event": False}
    yield from _with_simpler(drawn, "projections", simple)
    if drawn["returned"] != "state":
        yield drawn | {"returned": "state"}


def _with_simpler(drawn: dict, part: str, simple: dict) -> Iterator[dict]:
    for k, data in enumerate(drawn[part]):
        for key, value in simple.items():
            if data[key] != value:
                changed = [*drawn[part]]
                changed[k] = data | {key: value}
                yield drawn | {part: changed}
