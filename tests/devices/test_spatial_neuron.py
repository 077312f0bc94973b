"""Closed form: the currents of a cable are those of its discretised equations, solved exactly.

Brian2's solver loses half of its digits where sections join: of the potential 1e-11 V a step, of
the capacitive current, a difference of two potentials times Cm/dt, 1e-9 A/m2. Which digits depends
on the device (-ffast-math multiplies by 1/dt), so each is compared with the truth.
"""

import numpy as np
import pytest
from brian2 import (
    Cylinder,
    Network,
    Soma,
    SpatialNeuron,
    cm,
    mV,
    nA,
    ohm,
    siemens,
    uF,
    um,
)
from mpmath import lu_solve, matrix, mp, mpf

from bionet.devices import compile_network

STEPS = 10
DT = 1e-4  # s
G_LEAK, E_LEAK, CURRENT = 1.0, -0.07, 1e-10  # S/m2, V, A
DIGITS = 30
# Largest error of the solver on any device and set of compiler flags, with a margin of about ten
OF_POTENTIAL, OF_CURRENT = 1e-9, 1e-8  # V, A/m2


def network():
    """Return a soma with an axon, a current flowing into the soma."""
    morphology = Soma(30 * um)
    morphology.axon = Cylinder(diameter=1 * um, length=300 * um, n=20)
    leak, rest = 1e-4 * siemens / cm**2, -70 * mV
    neuron = SpatialNeuron(
        morphology=morphology,
        model="""Im = leak*(rest - v) : amp/meter**2
                 I : amp (point current)""",
        namespace={"leak": leak, "rest": rest},
        Cm=1 * uF / cm**2,
        Ri=100 * ohm * cm,
        method="exponential_euler",
        name="neuron",
    )
    neuron.v = rest
    neuron.I[0] = 0.1 * nA
    return Network(neuron)


def exact(neuron):
    """Return potential and capacitive current after the last step, of the implicit Euler scheme."""
    with mp.workdps(DIGITS):
        area, first, second = (
            [mpf(float(x)) for x in neuron.variables[name].get_value()]
            for name in ("area", "r_length_1", "r_length_2")
        )
        n, capacitance, dt = len(area), mpf(0.01), mpf(DT)
        axial = [1 / (1 / second[k] + 1 / first[k + 1]) for k in range(n - 1)]  # Ri is 1 ohm m
        system = matrix(n, n)
        for k in range(n):
            system[k, k] = capacitance / dt + G_LEAK
            for neighbour, conductance in ((k - 1, k - 1), (k + 1, k)):
                if 0 <= neighbour < n:
                    system[k, k] += axial[conductance] / area[k]
                    system[k, neighbour] = -axial[conductance] / area[k]
        v = matrix([mpf(E_LEAK)] * n)
        for _ in range(STEPS):
            before = v
            right = capacitance / dt * v + matrix([mpf(G_LEAK * E_LEAK)] * n)
            right[0] += mpf(CURRENT) / area[0]
            v = lu_solve(system, right)
        current = capacitance / dt * (v - before)
        return tuple(np.array([float(x) for x in values]) for values in (v, current))


@pytest.mark.parametrize("device", [pytest.param("cpp", marks=pytest.mark.compiles), "runtime"])
def test_capacitive_current_is_as_exact_as_the_solver_of_the_cable(device):
    """No device is nearer to the exact current than its rounding of the potential allows."""
    built = network()
    v, current = exact(built["neuron"])
    names = ["neuron.v", "neuron.Ic"]
    outcome = compile_network(built, STEPS * DT, device=device, outputs=names)()
    np.testing.assert_allclose(outcome["neuron.v"], v, rtol=0, atol=OF_POTENTIAL)
    np.testing.assert_allclose(outcome["neuron.Ic"], current, rtol=0, atol=OF_CURRENT)
    assert np.abs(current).max() > 1e5 * OF_CURRENT
