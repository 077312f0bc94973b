"""A synapse model is a value: its equations, what spikes do, and the traces it needs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from bionet.models.synapse_contract import changing_variables, check_contract, synapse_equations

if TYPE_CHECKING:
    from brian2 import NeuronGroup, Quantity, Synapses

    from bionet.models.neuron_model import NeuronModel

__all__ = ["SynapseModel", "unit_name"]


@dataclasses.dataclass(frozen=True)
class SynapseModel:
    """Equations of one kind of synapse, independent of any simulator object.

    Traces that decay alike for all synapses of a neuron are variables of that neuron, not of each
    synapse: twice as fast, and the same rule where spikes have no delay. A model therefore also
    says what its pre- and postsynaptic neurons must carry.

    In every string ``{name}`` stands for the projection's name, so that two plastic projections
    may meet at one population without sharing traces; ``{target}`` for the postsynaptic variable
    that a spike increments, and ``{weight}`` for that variable's unit.

    What a model must hold, so that no value goes lost between it and its network:

    - ``w`` is the weight, a variable that can be set; one for all synapses if it is declared
      ``(shared, constant)``.
    - ``w_initial``, if the equations declare it, is the initial weight: a projection sets it, and
      ``w`` from it, so that it is an input of a compiled network. Without it a projection sets
      ``w``.
    - Each of `parameters` is declared in `equations`, or by the neuron that `carried` names, in
      the unit of its value.
    - Each coefficient has a value among `parameters`: whatever `equations` or the equations for
      neurons declare without saying how it changes, be it ``(shared, constant)``, ``(constant)``
      or neither, unless a statement at a spike writes it (then it starts at 0).

    Attributes
    ----------
    equations : str
        Brian2 synapse equations. Coefficients declared ``(shared, constant)`` are run-time inputs.
    on_pre, on_post : str
        Statements at the arrival of a presynaptic spike and at a postsynaptic spike.
    source_equations, source_reset : str
        What the presynaptic neuron carries for this synapse.
    target_equations, target_reset : str
        What the postsynaptic neuron carries for this synapse.
    parameters : mapping of str to Quantity or float
        Default values of the coefficients, under the names by which users know them.
    carried : mapping of str to str
        Which of these the neurons hold: the user's name to ``"source.VARIABLE"`` or
        ``"target.VARIABLE"``. (Brian2 forbids synaptic variables that end in ``_pre`` or
        ``_post``, and a trace's time constant belongs to the neuron that decays it.)
    source : str
        Paper and equation.
    method : str
        Name of Brian2's state updater for differential equations of the synapse; empty for
        Brian2's choice.
    order : int
        Place of these equations within a time step: those of neurons have 0.
    name : str
        What errors call the model.

    Raises
    ------
    ValueError
        If an equation or statement does not parse or the contract above is broken; names the
        model and the variable or parameter.
    """

    equations: str
    on_pre: str
    on_post: str = ""
    source_equations: str = ""
    source_reset: str = ""
    target_equations: str = ""
    target_reset: str = ""
    parameters: Mapping[str, Quantity | float] = dataclasses.field(default_factory=dict)
    carried: Mapping[str, str] = dataclasses.field(default_factory=dict)
    source: str = ""
    method: str = ""
    order: int = 0
    name: str = ""

    def __post_init__(self):
        check_contract(self)
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))
        object.__setattr__(self, "carried", MappingProxyType(dict(self.carried)))

    def __reduce__(self):
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        fields |= {"parameters": dict(self.parameters), "carried": dict(self.carried)}
        return _rebuild, (fields,)

    @property
    def label(self) -> str:
        """What errors call the model."""
        return f"synapse model {self.name!r}" if self.name else "a synapse model"

    @property
    def plastic(self) -> bool:
        """Whether anything in a synapse changes in time.

        Derived: its equations hold a differential equation, or a statement at a pre- or
        postsynaptic spike writes one of its variables.
        """
        return bool(changing_variables(self))

    @property
    def variables(self) -> frozenset[str]:
        """Names that the synapse's own equations declare."""
        return frozenset(synapse_equations(self).names)

    def replaced(self, **parameters) -> SynapseModel:
        """Return the model with other values for some of its parameters.

        Raises
        ------
        ValueError
            If a name is no parameter of the model.
        """
        unknown = sorted(set(parameters) - set(self.parameters))
        if unknown:
            raise ValueError(
                f"{unknown[0]!r} is no parameter of the synapse; "
                f"it has {', '.join(sorted(self.parameters))}"
            )
        return dataclasses.replace(self, parameters={**self.parameters, **parameters})

    def extend_source(self, neuron: NeuronModel, name: str) -> NeuronModel:
        """Return `neuron` with what it must carry as the source of projection `name`."""
        return neuron.extended(
            self.source_equations.format(name=name), self.source_reset.format(name=name)
        )

    def extend_target(self, neuron: NeuronModel, name: str) -> NeuronModel:
        """Return `neuron` with what it must carry as the target of projection `name`."""
        return neuron.extended(
            self.target_equations.format(name=name), self.target_reset.format(name=name)
        )

    def synapses(
        self,
        source: NeuronGroup,
        target: NeuronGroup,
        *,
        name: str,
        target_variable: str,
        delay: Quantity | None = None,
    ) -> Synapses:
        """Create the ``brian2.Synapses``, not yet connected, with no value set.

        Parameters
        ----------
        source, target : NeuronGroup
            Groups that carry what `extend_source` and `extend_target` add.
        name : str
            Name of the projection.
        target_variable : str
            Postsynaptic variable that a spike increments, such as ``"g_e"``.
        delay : Quantity, optional
            Axonal delay, the same for all synapses; none by default.
        """
        from brian2 import Synapses

        words = {
            "name": name,
            "target": f"{target_variable}_post",
            "weight": unit_name(target.variables[target_variable].dim),
        }
        return Synapses(
            source,
            target,
            self.equations.format(**words),
            on_pre=self.on_pre.format(**words),
            on_post=self.on_post.format(**words) or None,
            delay=delay,
            name=name,
            namespace={},
            order=self.order,
            **({"method": self.method} if self.method else {}),
        )


def unit_name(dimension) -> str:
    """Return the name by which Brian2's equations know the SI unit of `dimension`."""
    from brian2 import get_unit

    return "1" if dimension.is_dimensionless else repr(get_unit(dimension))


def _rebuild(fields):
    return SynapseModel(**fields)
