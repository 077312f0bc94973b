"""CMA-ES as ask and tell: the same seed and the same losses give the same candidates, always.

A thin layer over pycma (Hansen, arXiv 1604.00772) that takes away what would break a resumed
search: its numbers come from a private generator, so numpy's global one is neither used nor
seeded; it writes and reads no file; a loss that is not finite is refused, where pycma would put
the generation's median in its place and a blown-up network would count as an average one.

It also takes away what would change a search's settings in silence. pycma cuts the first spread to
a third of the distance between two bounds; here it is the one asked for, and only its growth is
limited (to a third of that distance, or to the first spread where that is larger: samples much
wider than the box are folded into it until they no longer tell where they came from). Once the
covariance is ill-conditioned, as it becomes in a long and noisy search, pycma goes on in other
coordinates, in which its spread and all criteria on it mean something else; here they are those of
the coefficients.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bionet.metalearning.parameters import Parameters
from bionet.metalearning.stopping import (
    Stopping,
    pycma_options,
    spread_criteria,
    stop_sentences,
)
from bionet.wording import counted

MIN_POPULATION_SIZE = 4
"""pycma's own default for one coefficient; with fewer the covariance cannot be learned."""

SEARCH_STREAM = 0
"""Spawn key of the search's own random numbers; the trials' seeds have another."""


def default_population_size(n_parameters: int) -> int:
    """Return 4 + floor(3 ln n) candidates for n coefficients (arXiv 1604.00772, eq. 48)."""
    return 4 + math.floor(3 * math.log(n_parameters))


@dataclass(frozen=True)
class Best:
    """The candidate with the lowest loss so far."""

    values: dict[str, float]
    loss: float
    generation: int
    candidate: int


class Search:
    """A CMA-ES search over coefficients.

    Parameters
    ----------
    parameters : Parameters
        The n coefficients.
    population_size : int or None
        Candidates a generation, at least 4; None for 4 + floor(3 ln n).
    sigma : float
        First step size in search units; 1 makes the parameters' scales the standard deviations
        of the first generation.
    seed : int
        Seed of the search's own random numbers.
    stopping : Stopping
        When to stop.

    Raises
    ------
    ValueError
        If an argument is out of its range, or a coefficient's first spread exceeds the distance
        between its bounds.

    Examples
    --------
    >>> search = Search(Parameters(["x"], [3.0], [1.0]), seed=1)
    >>> while not search.stop():
    ...     search.tell([candidate["x"] ** 2 for candidate in search.ask()])
    >>> round(search.best.values["x"], 3)
    0.0
    """

    def __init__(
        self,
        parameters: Parameters,
        population_size: int | None = None,
        sigma: float = 1.0,
        seed: int = 1,
        stopping: Stopping | None = None,
    ):
        if population_size is None:
            population_size = default_population_size(len(parameters.names))
        check_search_settings(parameters, population_size, sigma, seed)
        self.parameters = parameters
        self.population_size = population_size
        self.stopping = Stopping() if stopping is None else stopping
        self.generation = 0
        self.best: Best | None = None
        self._sigma = sigma
        self._largest_spread = _largest_spread(parameters, sigma)
        self._strategy = _strategy(
            parameters, population_size, sigma, seed, self._largest_spread, self.stopping
        )
        self._asked: list[np.ndarray] | None = None
        self._stop_reasons: dict[str, str] = {}

    def ask(self) -> list[dict[str, float]]:
        """Sample the next generation.

        Returns
        -------
        list of dict of str to float
            `population_size` candidates in physical units, inside the bounds. Until `tell` has
            been called the same candidates come back.
        """
        if self._asked is None:
            self._asked = self._strategy.ask()
            if self._limits_spread_itself:
                self._strategy.opts["maxstd"] = math.inf
        return [self.parameters.to_physical(x) for x in self._asked]

    def tell(self, losses: Sequence[float]) -> None:
        """Update the search with the losses of the candidates asked for, in their order.

        Parameters
        ----------
        losses : sequence of float, shape (population_size,)
            Lower is better.

        Raises
        ------
        ValueError
            If nothing was asked, the number of losses is wrong, or one is not finite; the search
            is left as it was.
        """
        if self._asked is None:
            raise ValueError("tell before ask: there are no candidates to give losses to")
        losses = [float(loss) for loss in losses]
        if len(losses) != self.population_size:
            raise ValueError(
                f"{counted(len(losses), 'loss')} for {self.population_size} candidates"
            )
        for candidate, loss in enumerate(losses):
            if not math.isfinite(loss):
                raise ValueError(
                    f"losses must be finite: candidate {candidate} of generation "
                    f"{self.generation} has {loss}; give a failed one a large graded loss"
                )
        self._keep_best(losses)
        self._strategy.tell(self._asked, losses)
        if self._limits_spread_itself:
            too_wide = np.max(self._search_spread / self._largest_spread)
            self._strategy.sigma /= max(float(too_wide), 1.0)
        self._asked = None
        self.generation += 1
        # Once a generation: pycma counts flat generations whenever it is asked.
        met = [
            *self._strategy.stop(),
            *spread_criteria(self.stopping, self._search_spread, self._sigma),
        ]
        self._stop_reasons = stop_sentences(self.stopping, met)

    def stop(self) -> dict[str, str]:
        """Return the criteria met and a sentence for each; empty while the search should go on."""
        return dict(self._stop_reasons)

    @property
    def sigma(self) -> float:
        """The step size: the common factor of the search's spread, in search units."""
        return float(self._strategy.sigma)

    @property
    def mean(self) -> dict[str, float]:
        """Centre of the search in physical units, inside the bounds."""
        into_bounds = self._strategy.boundary_handler.repair
        return self.parameters.to_physical(
            self._strategy.gp.pheno(self._strategy.mean, into_bounds=into_bounds)
        )

    @property
    def spread(self) -> np.ndarray:
        """Standard deviations (n,) of the search about its mean, in physical units."""
        return self.parameters.physical_spread(self.mean, self._search_spread)

    @property
    def _limits_spread_itself(self) -> bool:
        """Where pycma would fail (a single spread) or do so in coordinates of its own."""
        return len(self.parameters.names) == 1 or not self._strategy.gp.isidentity

    @property
    def _search_spread(self) -> np.ndarray:
        """Standard deviations (n,) about the mean, in search units."""
        strategy = self._strategy
        if strategy.gp.isidentity:
            return strategy.stds
        axes = strategy.sigma * strategy.gp._tf_matrix * strategy.sigma_vec.scaling
        return np.sqrt(np.diag(axes @ strategy.sm.covariance_matrix @ axes.T))

    def _keep_best(self, losses: list[float]) -> None:
        candidate = int(np.argmin(losses))
        if self.best is None or losses[candidate] < self.best.loss:
            values = self.parameters.to_physical(self._asked[candidate])
            self.best = Best(values, losses[candidate], self.generation, candidate)


def check_search_settings(
    parameters: Parameters, population_size: int, sigma: float, seed: int
) -> None:
    """Raise ValueError, naming the setting, unless a search can be made of these settings."""
    if isinstance(population_size, bool) or not isinstance(population_size, int):
        raise ValueError(f"population_size is {population_size!r}, it must be a whole number")
    if population_size < MIN_POPULATION_SIZE:
        raise ValueError(
            f"population_size is {population_size}, it must be at least {MIN_POPULATION_SIZE}"
        )
    if not (math.isfinite(sigma) and sigma > 0):
        raise ValueError(f"sigma is {sigma}, it must be positive and finite")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ValueError(f"seed is {seed!r}, it must be a whole number of at least 0")
    lower, upper = parameters.search_bounds()
    for name, width in zip(parameters.names, upper - lower, strict=True):
        if sigma > width:
            raise ValueError(
                f"the first spread of {name!r} (sigma times its scale) is larger than the "
                "distance between its bounds; choose a smaller scale"
            )


def _largest_spread(parameters: Parameters, sigma: float) -> np.ndarray:
    """Largest standard deviations (n,) in search units, infinite without two bounds."""
    lower, upper = parameters.search_bounds()
    return np.maximum((upper - lower) * (1 / 3), sigma)


def _strategy(
    parameters: Parameters,
    population_size: int,
    sigma: float,
    seed: int,
    largest_spread: np.ndarray,
    stopping: Stopping,
):
    # pycma imports scipy.stats and pyplot, more than a second: loaded when a search is made.
    import cma

    random = np.random.Generator(
        np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(SEARCH_STREAM,)))
    )
    options = {
        "popsize": population_size,
        "bounds": list(parameters.search_bounds()),
        "maxstd": largest_spread if len(largest_spread) > 1 else math.inf,
        "randn": lambda rows, columns: random.standard_normal((rows, columns)),
        "seed": math.nan,  # "do nothing": any number, None and 0 included, reaches np.random.seed
        "signals_filename": "",  # None would be replaced by the default file name
        "verbose": -9,
        "verb_disp": 0,
        "verb_log": 0,
        **pycma_options(stopping),
    }
    return cma.CMAEvolutionStrategy(np.zeros(len(parameters.names)), sigma, options)
