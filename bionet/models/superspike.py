"""SuperSpike as a three-factor synapse: error, eligibility and presynaptic trace.

::

    dW_ij/dt = r e_i lambda_ij,     lambda_ij = alpha * [h(v_i) (epsilon * S_j)]
    e_i = alpha * (S_target,i - S_i),           h(v) = 1/(1 + beta |v - threshold|)^2

(Zenke & Ganguli 2018, Neural Comput 30:1514; alpha is a double exponential of unit area). epsilon,
the response to a spike of weight one, obeys the target neuron's own equations: epsilon * S is a
copy of them, held by the presynaptic neuron, that spikes of weight one drive. Error and surrogate
are variables of the postsynaptic neuron. lambda alone belongs to each synapse, in every time step.
The synapse collects ``change``, the integral of e lambda, and `apply_changes` adds it to the weight
at regular times, as the authors do, within the bounds ``w_min`` and ``w_max`` (theirs: 0.1 V, which
is ten times the distance of their threshold from rest) and, if asked, in steps of RMaxProp (as in
`bionet.gradient.rmaxprop`); spikes transmit the weight as it is.

The error reaches a neuron as spikes (`error_synapses`): +1 from its target, -1 from itself. A
hidden neuron hears both trains of every output neuron, with feedback weights B and -B: the error
``sum_i B_ki e_i``.

Order in a time step: ``groups`` order 0: the neurons' equations, epsilon * S and e go on by a step;
order 1: ``change`` grows by dt e lambda, lambda being that of the step before, then lambda takes up
h (epsilon * S); ``thresholds``; ``synapses``: spikes arrive at v and e; ``resets``: spikes enter
epsilon * S. `bionet.gradient.SuperSpike` does the same. With an axonal delay, epsilon * S starts
when the spike is fired.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from brian2 import have_same_dimensions, ms, second

from bionet.models.synapse_model import SynapseModel, unit_name

if TYPE_CHECKING:
    from brian2 import CodeRunner, NeuronGroup, Quantity, SpikeGeneratorGroup, Synapses

    from bionet.models.neuron_model import NeuronModel

__all__ = ["apply_changes", "error_synapses", "superspike"]

_THRESHOLD = re.compile(r"\s*(?P<variable>[A-Za-z_]\w*)\s*>=?\s*(?P<value>[^<>=&|]+?)\s*")

_SYNAPSE = """
    w : 1
    learning_rate : 1 (shared, constant)
    w_min : 1 (shared, constant)
    w_max : 1 (shared, constant)
    greatest : 1
    dchange/dt = {name}_error_post*eligibility : 1 (clock-driven)
    eligibility = ({name}_decay_post*slow - {name}_rise_post*fast)
                  /({name}_decay_post - {name}_rise_post) : 1
    seen = {name}_surrogate_post*{name}_response_pre : 1
    dslow/dt = (seen - slow)/{name}_decay_post : 1 (clock-driven)
    dfast/dt = (seen - fast)/{name}_rise_post : 1 (clock-driven)
    """

_TARGET = """
    {{name}}_surrogate = 1/(1 + {{name}}_slope*abs({variable} - ({value})))**2 : 1
    {{name}}_error = ({{name}}_error_slow - {{name}}_error_fast)
                     /({{name}}_decay - {{name}}_rise) : Hz
    d{{name}}_error_slow/dt = -{{name}}_error_slow/{{name}}_decay : 1
    d{{name}}_error_fast/dt = -{{name}}_error_fast/{{name}}_rise : 1
    {{name}}_rise : second (shared, constant)
    {{name}}_decay : second (shared, constant)
    {{name}}_slope : 1 (shared, constant)
    """


def superspike(target: NeuronModel, driven: str) -> SynapseModel:
    """Return the synapse for neurons of one model.

    Its ``learning_rate``, ``w_min`` and ``w_max`` are inputs of a compiled network; so are
    ``slope`` (beta), ``rise`` and ``decay`` (of alpha), which the postsynaptic neurons hold.

    Parameters
    ----------
    target : NeuronModel
        Postsynaptic neurons, in units of their threshold: all variables without unit. The
        equations that `driven` reaches must be linear, without a constant drive, and the
        parameters in them the same for all neurons. The presynaptic neurons must have the same
        ``method`` for epsilon * S to be the response in this very time step.
    driven : str
        Variable that a spike increments.

    Returns
    -------
    SynapseModel

    Raises
    ------
    ValueError
        If the threshold is no comparison of a variable, or the equations are as said above not;
        names the one that is not.
    """
    threshold = _THRESHOLD.fullmatch(target.threshold)
    if threshold is None:
        raise ValueError(
            f"threshold {target.threshold!r}: SuperSpike needs a variable's distance from it, such "
            "as 'v > 1'"
        )
    variable, value = threshold["variable"], threshold["value"]
    equations, variables = _response(target)
    for name in (variable, driven):
        if name not in variables:
            raise ValueError(
                f"the model has no differential equation of {name!r}; it has "
                f"{', '.join(sorted(variables))}"
            )
    return SynapseModel(
        equations=_SYNAPSE,
        on_pre="{target} += w",
        source_equations=f"{equations}\n{{name}}_response = {{name}}_response_{variable} : 1",
        source_reset=f"{{name}}_response_{driven} += 1",
        target_equations=_TARGET.format(variable=variable, value=_in_numbers(value, target)),
        parameters={
            "learning_rate": 0.0,
            "greatest": 0.0,  # before the first change; `apply_changes` writes it
            "w_min": -1e9,
            "w_max": 1e9,
            "slope": 10.0,
            "rise": 5 * ms,
            "decay": 10 * ms,
        },
        carried={name: f"target.{{name}}_{name}" for name in ("slope", "rise", "decay")},
        source="Zenke & Ganguli 2018, SuperSpike, Neural Comput 30:1514",
        method="exponential_euler",
        order=1,
        name="SuperSpike",
    )


def error_synapses(
    source: NeuronGroup | SpikeGeneratorGroup, target: NeuronGroup, projection: str, *, name: str
) -> Synapses:
    """Create the synapses that bring spikes of `source` into the error of `target`.

    They are not connected yet; ``feedback`` is 1 from a neuron's target train, -1 from the neuron
    itself, B and -B to hidden neurons.

    Parameters
    ----------
    source : group of neurons or of given spikes
    target : NeuronGroup
        Carries what `SynapseModel.extend_target` adds.
    projection : str
        Name of the plastic projection whose error this is.
    name : str
        Of these synapses.
    """
    from brian2 import Synapses

    return Synapses(
        source,
        target,
        "feedback : 1",
        on_pre=f"""
        {projection}_error_slow_post += feedback
        {projection}_error_fast_post += feedback
        """,
        name=name,
        namespace={},
    )


def apply_changes(
    synapses: Synapses, every: Quantity, *, tau_rms: Quantity | None = None
) -> CodeRunner:
    """Add what has been collected to the weights at every multiple of a time, and begin anew.

    Parameters
    ----------
    synapses : Synapses
        Of `superspike`.
    every : Quantity
        The authors' value is about 0.5 s.
    tau_rms : Quantity, optional
        With it a change is over its largest recent one, ``greatest``, whose square is forgotten
        with this time constant (RMaxProp; theirs is 30 s).

    Raises
    ------
    ValueError
        If `every` or `tau_rms` is no positive time.
    """
    for name, time in {"every": every, "tau_rms": tau_rms}.items():
        if time is not None and not (have_same_dimensions(time, second) and float(time) > 0):
            raise ValueError(f"{name} must be a positive time such as 500*ms, got {time}")
    remembered, step = "", "change"
    if tau_rms is not None:
        kept = math.exp(-float(every / tau_rms) / 2)
        remembered = f"greatest = clip(abs(change), {kept!r}*greatest, 1e300)"  # the larger one
        step = "change/(greatest + 1e-32)"
    return synapses.run_regularly(
        f"""
        {remembered}
        w = clip(w + learning_rate*{step}, w_min, w_max)
        change = 0
        """,
        dt=every,
        when="start",
        name=f"{synapses.name}_apply",
    )


def _response(target: NeuronModel) -> tuple[str, tuple[str, ...]]:
    """Return the target's equations under new names, numbers for parameters, and its variables."""
    import sympy
    from brian2 import Equations
    from brian2.parsing.sympytools import str_to_sympy

    equations = Equations(target.equations)
    variables = tuple(sorted(equations.diff_eq_names))
    other = set(equations.names) - set(variables)
    if other:
        raise ValueError(
            f"{sorted(other)[0]!r}: SuperSpike's response is that of differential equations alone, "
            "with the same parameters for all neurons"
        )
    symbols = [sympy.Symbol(name, real=True) for name in variables]
    lines = []
    for name in variables:
        if not equations[name].dim.is_dimensionless:
            raise ValueError(f"variable {name!r} has a unit; write the model in units of threshold")
        code = str(equations[name].expr)
        right = str_to_sympy(code)
        if right.subs(dict.fromkeys(symbols, 0)) != 0 or any(
            right.diff(a, b) != 0 for a in symbols for b in symbols
        ):
            raise ValueError(
                f"d{name}/dt = {code}: SuperSpike's response needs linear equations without a "
                "constant drive"
            )
        code = _in_numbers(code, target)
        for other_name in variables:
            code = re.sub(rf"\b{other_name}\b", f"{{name}}_response_{other_name}", code)
        lines.append(f"d{{name}}_response_{name}/dt = {code} : 1")
    return "\n".join(lines), variables


def _in_numbers(code: str, target: NeuronModel) -> str:
    """Return code with the model's parameters as numbers and units."""
    from brian2 import get_dimensions

    for name, value in target.parameters.items():
        number = f"({float(value)!r}*{unit_name(get_dimensions(value))})"
        code = re.sub(rf"\b{name}\b", number, code)
    return code
