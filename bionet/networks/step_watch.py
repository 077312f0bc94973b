"""Whether a time step was short enough: how far forward Euler's steps went, neuron by neuron.

Forward Euler takes ``v`` by the part k of the way to where ``dv/dt`` vanishes::

    v <- v + k (v_inf - v),    k = -dt d(dv/dt)/dv

and ``k = dt (1 + g_e + g_i)/tau_m`` for `bionet.models.CONDUCTANCE_LIF`. Up to k = 1 that is a
coarse step; beyond it the potential overshoots (below ``E_i`` where inhibition is strong), beyond 2
it runs away while the conductance lasts. Synchronous volleys do that. Nothing else of a simulation
tells: spikes and rates stay finite.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from brian2 import CodeRunner, NeuronGroup, Quantity, defaultclock, have_same_dimensions, ms

from bionet.models import NeuronModel

if TYPE_CHECKING:
    import sympy
    from brian2 import Equations

__all__ = [
    "EQUATIONS",
    "INTERVAL",
    "LONGEST_STEP",
    "euler_step",
    "require_time_constants",
    "watch_steps",
]

EQUATIONS = "largest_step : 1"
#: A larger k overshoots.
LONGEST_STEP = 1.0
#: Between two looks: short against what conductances decay with (5 to 10 ms), and cheap.
INTERVAL = 1 * ms


def euler_step(neuron: NeuronModel, variable: str = "v") -> str:
    """Return the expression of k, the part of the way that a step of forward Euler goes.

    Parameters
    ----------
    neuron : NeuronModel
    variable : str
        One with a differential equation.

    Raises
    ------
    ValueError
        If the model is not integrated by forward Euler, or has no such equation.
    """
    import sympy
    from brian2 import Equations
    from brian2.parsing.sympytools import sympy_to_str

    equations = Equations(neuron.equations)
    if neuron.method != "euler":
        raise ValueError(f"the model is integrated by {neuron.method!r}, not by 'euler'")
    if variable not in equations.diff_eq_names:
        raise ValueError(
            f"the model has no differential equation of {variable!r}; it has those of "
            f"{', '.join(sorted(equations.diff_eq_names))}"
        )
    return f"dt*({sympy_to_str(sympy.simplify(_decay_rates(equations)[variable]))})"


def require_time_constants(
    neuron: NeuronModel, of_rules: Mapping[str, tuple[str, Quantity]]
) -> None:
    """Refuse time constants that are shorter than a step of forward Euler.

    What decays with them would become negative, or grow: a step goes dt/tau of the way to 0.

    Parameters
    ----------
    neuron : NeuronModel
        Other methods than forward Euler are not looked at.
    of_rules : mapping of str to (str, Quantity)
        Beside the model's own parameters: variable, what to call it, and its value.

    Raises
    ------
    ValueError
        Names the time constant.
    """
    from brian2 import Equations

    if neuron.method != "euler":
        return
    own = {name: (f"{name} of the neuron", value) for name, value in neuron.parameters.items()}
    known, dt = own | dict(of_rules), defaultclock.dt
    rates = _decay_rates(Equations(neuron.equations)).values()
    found = {str(symbol) for rate in rates for symbol in rate.free_symbols}
    for name in sorted(found & set(known)):
        label, tau = known[name]
        if have_same_dimensions(tau, ms) and float(tau) < float(dt):
            raise ValueError(f"{label} must not be shorter than a time step, {dt}; got {tau}")


def _decay_rates(equations: Equations) -> dict[str, sympy.Expr]:
    """Return -d(dx/dt)/dx of each x with a differential equation."""
    import sympy
    from brian2.parsing.sympytools import str_to_sympy

    right = dict(equations.get_substituted_expressions())
    return {
        name: -sympy.diff(str_to_sympy(right[name].code), sympy.Symbol(name, real=True))
        for name in equations.diff_eq_names
    }


def watch_steps(group: NeuronGroup, neuron: NeuronModel) -> CodeRunner:
    """Have a group keep the largest k of each neuron in ``largest_step``, looked at every 1 ms.

    Between two looks conductances decay by a tenth or two, by which the peak may be missed.

    Steps of a refractory neuron, whose potential is clamped, do not count. It changes no other
    variable.

    Parameters
    ----------
    group : NeuronGroup
        Its equations hold `EQUATIONS`.
    neuron : NeuronModel
        What it was made of.
    """
    integrated = "int(not_refractory)*" if "not_refractory" in group.variables else ""
    return group.run_regularly(
        f"""
        step = {integrated}{euler_step(neuron)}
        largest_step += (step - largest_step)*int(step > largest_step)
        """,
        dt=INTERVAL,
        when="before_groups",
        name=f"{group.name}_steps",
    )
