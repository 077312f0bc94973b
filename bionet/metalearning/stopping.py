"""When a search ends: every criterion is chosen here, and none is left to pycma's defaults.

pycma's own defaults end flat or noisy searches on their own; the losses of spiking networks are
both. Those not named here are off.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from bionet.wording import counted


@dataclass(frozen=True)
class Stopping:
    """Stop criteria, checked after each complete generation; the first one met ends the search.

    Parameters
    ----------
    max_generations : int
        Generations in all, those of earlier sessions included.
    target_loss : float or None
        Ends the search once a candidate's loss is at or below it. With several noisy trials a
        single lucky candidate is enough, so choose it well below what is good.
    min_spread : float
        Ends the search once the spread of every coordinate is below it, in units of the
        parameters' scales.
    min_loss_range : float
        Ends the search once the losses within a generation, and the best losses of the last
        generations, differ by less than this. 0 turns it off: else a first generation in which
        all candidates fail with one and the same loss would end the search.
    flat_generations : int
        Ends the search after this many generations in a row in which the best candidate is no
        better than the worse ones (as when every candidate blows up alike).
    max_growth : float
        Ends the search once a coordinate's spread has grown by this factor: the loss falls
        without end, or the scales are far too small.

    Raises
    ------
    ValueError
        If a criterion is not positive (`min_loss_range`: is negative), or `target_loss` is not a
        number.
    """

    max_generations: int = 100
    target_loss: float | None = None
    min_spread: float = 1e-6
    min_loss_range: float = 0.0
    flat_generations: int = 10
    max_growth: float = 1e3

    def __post_init__(self):
        for name in ("max_generations", "flat_generations"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} is {value!r}, it must be a whole number of at least 1")
        for name in ("min_spread", "max_growth"):
            value = getattr(self, name)
            if not value > 0:
                raise ValueError(f"{name} is {value!r}, it must be positive")
        if not self.min_loss_range >= 0:
            raise ValueError(f"min_loss_range is {self.min_loss_range!r}, it must not be negative")
        if self.target_loss is not None and math.isnan(self.target_loss):
            raise ValueError("target_loss is not a number; leave it out for no target")


def pycma_options(stopping: Stopping) -> dict[str, object]:
    """Return the criteria under pycma's names, with all its other criteria turned off.

    Those on the spread are `spread_criteria`: pycma's are in its own coordinates, which it may
    change, and its smallest spread asks for a short evolution path besides.
    """
    return {
        "maxiter": stopping.max_generations,
        "ftarget": -math.inf if stopping.target_loss is None else stopping.target_loss,
        "tolfun": stopping.min_loss_range,
        # pycma stops when its counter exceeds the number of tolerated generations.
        "tolflatfitness": stopping.flat_generations - 1,
        "tolx": 0,
        "tolfacupx": math.inf,
        "maxfevals": math.inf,
        "timeout": math.inf,
        "tolfunhist": 0,
        "tolfunrel": 0,
        "tolstagnation": 0,
        "tolxstagnation": False,
        "tolupsigma": math.inf,
    }


def spread_criteria(stopping: Stopping, spread: np.ndarray, sigma: float) -> list[str]:
    """Return the names of the criteria on the spread that are met.

    Parameters
    ----------
    stopping : Stopping
        The criteria in force.
    spread : array of float, shape (n,)
        The coefficients' standard deviations now, in search units.
    sigma : float
        What they were at first.
    """
    met = {
        "min_spread": (spread < stopping.min_spread).all(),
        "max_growth": (spread > stopping.max_growth * sigma).any(),
    }
    return [name for name, is_met in met.items() if is_met]


def stop_sentences(stopping: Stopping, met: Iterable[str]) -> dict[str, str]:
    """Turn the criteria that are met into sentences.

    Parameters
    ----------
    stopping : Stopping
        The criteria in force.
    met : iterable of str
        The names that pycma gives to its criteria, and those of `spread_criteria`.

    Returns
    -------
    dict of str to str
        The criterion's name here (pycma's own name where it is numerical) to a sentence.
    """
    sentences = {
        "maxiter": (
            "max_generations",
            f"{counted(stopping.max_generations, 'generation')} done, as many as were asked for",
        ),
        "ftarget": (
            "target_loss",
            f"a candidate reached the target loss {stopping.target_loss}",
        ),
        "min_spread": (
            "min_spread",
            f"the spread of every coefficient fell below {stopping.min_spread:g} of its scale",
        ),
        "tolfun": (
            "min_loss_range",
            f"losses no longer differ by more than {stopping.min_loss_range:g}",
        ),
        "tolflatfitness": (
            "flat_generations",
            f"for {counted(stopping.flat_generations, 'generation')} the best candidate was no "
            "better than the worse ones",
        ),
        "max_growth": (
            "max_growth",
            f"the spread of a coefficient grew {stopping.max_growth:g}-fold: its scale is far too "
            "small, or the loss falls without end",
        ),
        "tolconditioncov": (
            "ill_conditioned",
            "the spreads along two combinations of the coefficients differ more than ten million "
            "times; choose other scales, or search over fewer coefficients",
        ),
    }
    return dict(
        sentences.get(key, (key, f"steps became smaller than rounding errors (pycma: {key})"))
        for key in met
    )
