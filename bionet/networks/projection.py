"""One projection of a network: its synapses, block by block, and the names of its inputs."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from brian2 import NeuronGroup, Quantity, Synapses, ms

from bionet.models import SynapseModel

__all__ = ["Projection", "replicated", "target_variable"]


def target_variable(source: str) -> str:
    """Return the variable that spikes of a population increment."""
    return "g_e" if source == "exc" else "g_i"


def replicated(synapse: SynapseModel, replicas: int, weight_unit: str = "1") -> SynapseModel:
    """Return the synapse with coefficients of its own for each of K replicas.

    With one replica a coefficient is one number shared by all synapses. With more, the source (or
    target) neurons of each replica carry theirs: K times the neurons' count of numbers, not of the
    synapses'.

    Parameters
    ----------
    synapse : SynapseModel
    replicas : int
        K.
    weight_unit : str
        Unit of its weights, as the neurons' equations name it.
    """
    if replicas == 1 or not synapse.parameters:
        return synapse
    carried = dict(synapse.carried)
    equations, source_equations = (
        [],
        synapse.source_equations.replace("(shared, constant)", "(constant)"),
    )
    for line in synapse.equations.splitlines():
        shared = re.fullmatch(r"\s*(\w+)\s*:\s*(.+?)\s*\(shared, constant\)\s*", line)
        if shared and shared[1] in synapse.parameters:
            variable = f"{{name}}_{shared[1]}"
            equations.append(f"{shared[1]} = {variable}_pre : {shared[2]}")
            unit = shared[2].replace("{weight}", weight_unit)
            source_equations += f"\n{variable} : {unit} (constant)"
            carried[shared[1]] = f"source.{variable}"
        else:
            equations.append(line)
    return dataclasses.replace(
        synapse,
        equations="\n".join(equations),
        source_equations=source_equations,
        target_equations=synapse.target_equations.replace("(shared, constant)", "(constant)"),
        carried=carried,
    )


@dataclasses.dataclass(frozen=True)
class Projection:
    """Synapses from one population to another.

    Attributes
    ----------
    name : str
        ``"ee"``, ``"ei"``, ... : source first.
    source, target : str
        Names of the populations.
    synapse : SynapseModel
    weight : Quantity or float
        Weight, or initial weight of a plastic projection.
    """

    name: str
    source: str
    target: str
    synapse: SynapseModel
    weight: Quantity | float

    def connect(
        self,
        groups: Mapping[str, NeuronGroup],
        sizes: Mapping[str, int],
        probability: float,
        delay: Quantity,
        replicas: int,
    ) -> Synapses:
        """Create the synapses, connect them at random within each replica, set their values."""
        source, target = groups[self.source], groups[self.target]
        # scalar delays: one number instead of one a synapse
        delays = {"pre": delay, "post": 0 * ms} if self.synapse.on_post else delay
        synapses = self.synapse.synapses(
            source,
            target,
            name=self.name,
            target_variable=target_variable(self.source),
            delay=delays,
        )
        n = sizes[self.target]
        first = f"(i//{sizes[self.source]})*{n}" if replicas > 1 else "0"
        synapses.connect(
            j=f"k for k in sample({first}, {first} + {n}, p={probability!r})"
            + (" if k != i" if self.source == self.target else "")
        )
        has_initial = "w_initial" in self.synapse.variables
        values = dict(self.synapse.parameters)
        if has_initial:
            values["w_initial"] = self.weight
        for name, value in values.items():
            holder, variable = self._holder(name, groups, synapses)
            setattr(holder, variable, value)
        synapses.w = "w_initial" if has_initial else self.weight
        return synapses

    def aliases(self, sizes: Mapping[str, int], replicas: int) -> dict[str, tuple[str, int]]:
        """Return the names of inputs that neurons hold: ``"ee.tau_pre"`` and so on."""
        aliases = {}
        for name, place in self.synapse.carried.items():
            side, variable = place.format(name=self.name).split(".")
            population = self.source if side == "source" else self.target
            repeat = sizes[population] if replicas > 1 else 1
            aliases[f"{self.name}.{name}"] = (f"{population}.{variable}", repeat)
        return aliases

    def carried_values(self) -> dict[str, tuple[str, Quantity | float]]:
        """Return what neurons carry of the rule: variable, what to call it, and its value."""
        return {
            place.format(name=self.name).split(".")[1]: (
                f"plasticity on {self.name!r}: {name} of {self.synapse.label}",
                self.synapse.parameters[name],
            )
            for name, place in self.synapse.carried.items()
            if name in self.synapse.parameters
        }

    def _holder(self, name: str, groups, synapses):
        if name not in self.synapse.carried:
            return synapses, name
        side, variable = self.synapse.carried[name].format(name=self.name).split(".")
        return groups[self.source if side == "source" else self.target], variable
