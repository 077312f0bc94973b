"""Independent Poisson sources that excite both populations (Confavreux et al. 2023)."""

from __future__ import annotations

import dataclasses

from brian2 import Hz, PoissonGroup, Quantity, have_same_dimensions, second

__all__ = ["PoissonInput"]


@dataclasses.dataclass(frozen=True)
class PoissonInput:
    """External drive by a population of Poisson neurons.

    Attributes
    ----------
    n : int
        Number of sources.
    rate : Quantity
        Rate of each.
    connection_probability : float
        Of a source to each neuron, excitatory or inhibitory.
    weight : Quantity or float
        Increment of the excitatory conductance (or current).
    until : Quantity, optional
        When the sources fall silent: a kick that starts self-sustained activity. By default they
        never do.

    Raises
    ------
    ValueError
        If a number, a unit or a probability is out of its range.
    """

    n: int = 5000
    rate: Quantity = dataclasses.field(default_factory=lambda: 5 * Hz)
    connection_probability: float = 0.05
    weight: Quantity | float = 0.1
    until: Quantity | None = None

    def __post_init__(self):
        if self.n < 1:
            raise ValueError(f"Poisson input needs at least one source, got n={self.n}")
        if not have_same_dimensions(self.rate, Hz) or float(self.rate) < 0:
            raise ValueError(f"the Poisson input's rate must be a rate, got {self.rate}")
        if not 0 < self.connection_probability <= 1:
            raise ValueError(
                "the Poisson input's connection_probability must lie in (0, 1], got "
                f"{self.connection_probability}"
            )
        if self.until is not None and not (
            have_same_dimensions(self.until, second) and float(self.until) > 0
        ):
            raise ValueError(f"the Poisson input's until must be a positive time, got {self.until}")

    def group(self) -> PoissonGroup:
        """Create the group ``poisson``; its ``rates`` are an input, unless it ends at a time."""
        if self.until is None:
            return PoissonGroup(self.n, rates=self.rate, name="poisson")
        return PoissonGroup(
            self.n,
            rates="kick_rate*int(t < kick_end)",
            name="poisson",
            namespace={"kick_rate": self.rate, "kick_end": self.until},
        )
