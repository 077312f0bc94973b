"""A neuron model is a value: its equations, threshold, reset, refractoriness and parameters."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brian2 import Clock, NeuronGroup, Quantity

__all__ = ["NeuronModel"]


@dataclasses.dataclass(frozen=True)
class NeuronModel:
    """Equations of one kind of neuron, independent of any simulator object.

    Attributes
    ----------
    equations : str
        Brian2 model equations.
    threshold : str
        Condition under which a neuron spikes; empty for a neuron that never does.
    reset : str
        Statements executed by a neuron that spikes, one a line.
    refractory : Quantity, str or False
        As Brian2's argument of that name.
    method : str
        Name of Brian2's state updater (``"euler"``, ``"exact"``, ``"exponential_euler"``, ...).
    parameters : mapping of str to Quantity
        Constants that the equations name. They are compiled in: what should change without a
        rebuild is declared in the equations as ``(shared, constant)`` instead.
    initial : mapping of str to Quantity or str
        Initial values of state variables; strings are Brian2 expressions.
    events : mapping of str to str
        Conditions of events other than spikes, by their names.
    source : str
        Paper and equation.

    Raises
    ------
    ValueError
        If the equations do not parse, an initial value names no variable of the equations, or a
        parameter has the name of one: its value would have no effect.
    """

    equations: str
    threshold: str
    reset: str
    refractory: Quantity | str | bool = False
    method: str = "euler"
    parameters: Mapping[str, Quantity] = dataclasses.field(default_factory=dict)
    initial: Mapping[str, Quantity | str] = dataclasses.field(default_factory=dict)
    events: Mapping[str, str] = dataclasses.field(default_factory=dict)
    source: str = ""

    def __post_init__(self):
        from brian2 import Equations

        try:
            names = Equations(self.equations).names
        except Exception as error:
            raise ValueError(f"the neuron's equations do not parse: {error}") from error
        unknown = sorted(set(self.initial) - set(names))
        if unknown:
            raise ValueError(
                f"initial value for {unknown[0]!r}, which the equations do not define; "
                f"they define {', '.join(sorted(names))}"
            )
        hidden = sorted(set(self.parameters) & set(names))
        if hidden:
            raise ValueError(
                f"parameter {hidden[0]!r} is a variable of the equations, which its value would "
                "not reach; give it among the initial values"
            )
        for mapping in ("parameters", "initial", "events"):
            object.__setattr__(self, mapping, MappingProxyType(dict(getattr(self, mapping))))

    def __reduce__(self):
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        fields |= {name: dict(fields[name]) for name in ("parameters", "initial", "events")}
        return _rebuild, (fields,)

    def replaced(self, **parameters: Quantity) -> NeuronModel:
        """Return the model with other values for some of its parameters.

        Raises
        ------
        ValueError
            If a name is no parameter of the model.
        """
        unknown = sorted(set(parameters) - set(self.parameters))
        if unknown:
            raise ValueError(
                f"{unknown[0]!r} is no parameter of the model; "
                f"it has {', '.join(sorted(self.parameters))}"
            )
        return dataclasses.replace(self, parameters={**self.parameters, **parameters})

    def extended(self, equations: str = "", reset: str = "", **initial) -> NeuronModel:
        """Return the model with more equations and more reset statements.

        Parameters
        ----------
        equations, reset : str
            Appended to the model's own.
        **initial
            Initial values of the added variables.
        """
        return dataclasses.replace(
            self,
            equations=f"{self.equations}\n{equations}",
            reset="\n".join(part for part in (self.reset, reset) if part),
            initial={**self.initial, **initial},
        )

    def with_events(self, **events: str) -> NeuronModel:
        """Return the model with more events, each a condition."""
        return dataclasses.replace(self, events={**self.events, **events})

    def dimension_of(self, variable: str):
        """Return the physical dimension of one variable of the equations.

        Raises
        ------
        KeyError
            If the equations do not define it.
        """
        from brian2 import Equations

        return Equations(self.equations)[variable].dim

    def group(self, n: int, *, name: str, clock: Clock | None = None) -> NeuronGroup:
        """Create a ``brian2.NeuronGroup`` of `n` such neurons, initial values set.

        Parameters
        ----------
        n : int
        name : str
        clock : Clock, optional
            Brian2's default clock without one.
        """
        from brian2 import NeuronGroup

        group = NeuronGroup(
            n,
            self.equations,
            threshold=self.threshold or None,
            reset=self.reset or None,
            events=dict(self.events) or None,
            refractory=self.refractory,
            method=self.method,
            namespace=dict(self.parameters),
            name=name,
            clock=clock,
        )
        for variable, value in self.initial.items():
            setattr(group, variable, value)
        return group


def _rebuild(fields):
    return NeuronModel(**fields)
