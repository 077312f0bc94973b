"""Whether a time step was short enough: how far forward Euler's steps went, neuron by neuron.

Forward Euler takes ``v`` by the part k of the way to where ``dv/dt`` vanishes::

    v <- v + k (v_inf - v),    k = -dt d(dv/dt)/dv

and ``k = dt (1 + g_e + g_i)/tau_m`` for `bionet.models.CONDUCTANCE_LIF`. Up to k = 1 that is a
coarse step; beyond it the potential overshoots (below ``E_i`` where inhibition is strong), beyond 2
it runs away while the conductance lasts. Synchronous volleys do that. Nothing else of a simulation
tells: spikes and rates stay finite.
"""

from __future__ import annotations

from brian2 import CodeRunner, NeuronGroup, ms

from bionet.models import NeuronModel

__all__ = ["EQUATIONS", "INTERVAL", "LONGEST_STEP", "euler_step", "watch_steps"]

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
    from brian2.parsing.sympytools import str_to_sympy, sympy_to_str

    equations = Equations(neuron.equations)
    if neuron.method != "euler":
        raise ValueError(f"the model is integrated by {neuron.method!r}, not by 'euler'")
    if variable not in equations.diff_eq_names:
        raise ValueError(
            f"the model has no differential equation of {variable!r}; it has those of "
            f"{', '.join(sorted(equations.diff_eq_names))}"
        )
    right = str_to_sympy(dict(equations.get_substituted_expressions())[variable].code)
    rate = -sympy.diff(right, sympy.Symbol(variable, real=True))
    return f"dt*({sympy_to_str(sympy.simplify(rate))})"


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
