"""The small networks, compiled once a session, and Brian2 without Cython (slow to compile)."""

import numpy as np
import pytest
import small_networks
from brian2 import mV, prefs

from bionet.devices import compile_network


@pytest.fixture(scope="session", autouse=True)
def numpy_code():
    """Let the runtime device interpret: these networks run for a fraction of a second."""
    before = prefs.codegen.target
    prefs.codegen.target = "numpy"
    yield
    prefs.codegen.target = before


def remembering(network):
    """Return the network as a function that runs each set of inputs once."""
    outcomes = {}

    def call(inputs, seed=0):
        key = (seed, *sorted((name, np.asarray(v).tobytes()) for name, v in inputs.items()))
        if key not in outcomes:
            outcomes[key] = network(inputs, seed)
        return outcomes[key]

    call.again = network
    return call


@pytest.fixture(scope="session")
def plastic_on():
    """Compile ``plastic_network`` for a device, once."""
    compiled = {}

    def on(device):
        if device not in compiled:
            network = compile_network(
                small_networks.plastic_network,
                small_networks.DURATION,
                device=device,
                inputs=small_networks.PLASTIC_INPUTS,
                outputs=small_networks.PLASTIC_OUTPUTS,
            )
            # seconds a call on the runtime device: the tests share what they ask for alike
            compiled[device] = remembering(network)
        return compiled[device]

    return on


@pytest.fixture(params=[pytest.param("cpp", marks=pytest.mark.compiles), "runtime"])
def plastic(request, plastic_on):
    """``plastic_network`` on each device."""
    return plastic_on(request.param)


@pytest.fixture(scope="session")
def drive():
    """Return inputs that leave nothing to chance: every neuron starts elsewhere."""
    return {
        "exc.v": np.linspace(-60, -50.5, small_networks.N_EXC) * mV,
        "inh.v": np.linspace(-59, -51, small_networks.N_INH) * mV,
        "exc.i_background": 20 * mV,
        "inh.i_background": 14 * mV,
    }


@pytest.fixture(scope="session")
def random_compiled():
    """``random_network`` in C++."""
    return compile_network(
        small_networks.random_network,
        0.1,
        inputs=small_networks.RANDOM_INPUTS,
        outputs=small_networks.RANDOM_OUTPUTS,
    )
