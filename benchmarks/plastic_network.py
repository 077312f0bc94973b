"""The network of all benchmarks in three forms: bionet's, textbook Brian2's, and a hand-written one.

8000 excitatory and 2000 inhibitory conductance LIF neurons, connection probability 0.02, plastic E-E
synapses (Vaze et al., plasticity rule, with alpha = beta = 0 and kappa = gamma = 1e-5), weights 0.3
from excitatory and 3 from inhibitory neurons in units of the leak conductance, background 20 mV.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

__all__ = ["COEFFICIENTS", "DT", "Size", "build_textbook", "compile_bionet", "compile_floor"]

COEFFICIENTS = {"alpha": 0.0, "beta": 0.0, "kappa": 1e-5, "gamma": 1e-5}
DT = 1e-4  # s, one time step
FLOOR_FLAGS = ("-Ofast", "-march=native", "-mprefer-vector-width=512")


@dataclass(frozen=True)
class Size:
    """Number of neurons and the connection probability."""

    n_exc: int = 8000
    n_inh: int = 2000
    probability: float = 0.02

    @property
    def n(self) -> int:
        """Number of all neurons."""
        return self.n_exc + self.n_inh


def compile_bionet(size: Size, precision: str = "double"):
    """Return the network as bionet compiles it: traces of neurons, coefficients as inputs.

    Parameters
    ----------
    size : Size
    precision : {"double", "single"}

    Returns
    -------
    bionet.devices.CppNetwork
        Inputs ``ee.alpha``, ``ee.beta``, ``ee.kappa``, ``ee.gamma``; its statistics as outputs.
    """
    from bionet.devices import compile_network
    from bionet.models import POLYNOMIAL_PLASTICITY
    from bionet.networks import RateGuard, balanced_network

    network = partial(
        balanced_network,
        n_exc=size.n_exc,
        n_inh=size.n_inh,
        connection_probability=size.probability,
        plasticity={"ee": POLYNOMIAL_PLASTICITY.replaced(**COEFFICIENTS)},
        guard=RateGuard(),
    )
    return compile_network(
        network,
        1.0,
        inputs=[f"ee.{name}" for name in COEFFICIENTS],
        outputs=[
            "exc.spike_count",
            "exc.isi_sum",
            "exc.isi_sum_squares",
            "inh.spike_count",
            "population_rate.rate",
        ],
        precision=precision,
    )


NEURON = """
    dv/dt = (v_rest - v + g_e*(E_e - v) + g_i*(E_i - v) + background)/tau_m : volt (unless refractory)
    dg_e/dt = -g_e/tau_e : 1
    dg_i/dt = -g_i/tau_i : 1
"""
# The form of Brian2's documentation: each synapse has its traces and brings them up to date itself
PLASTIC_SYNAPSE = """
    w : 1
    dz_pre/dt = -z_pre/tau : 1 (event-driven)
    dz_post/dt = -z_post/tau : 1 (event-driven)
"""
ON_PRE = """
    g_e_post += w
    z_pre += 1
    w = clip(w + alpha + kappa*z_post, 0, w_max)
"""
ON_POST = """
    z_post += 1
    w = clip(w + beta + gamma*z_pre, 0, w_max)
"""


def build_textbook(
    directory: Path,
    size: Size,
    duration: float,
    coefficients: Mapping[str, float] = COEFFICIENTS,
    seed: int = 1,
) -> None:
    """Build the network as a script in plain Brian2 would: C++ standalone, Brian2's own flags.

    Parameters
    ----------
    directory : Path
        Where the project goes; the program in it is ``main``.
    size : Size
    duration : float
        s, compiled in, like the coefficients and the seed.
    coefficients : mapping of str to float
    seed : int
    """
    import brian2 as b

    constants = {
        "v_rest": -60 * b.mV,
        "v_reset": -60 * b.mV,
        "v_threshold": -50 * b.mV,
        "E_e": 0 * b.mV,
        "E_i": -80 * b.mV,
        "tau_m": 20 * b.ms,
        "tau_e": 5 * b.ms,
        "tau_i": 10 * b.ms,
        "background": 20 * b.mV,
        "tau": 20 * b.ms,
        "w_max": 1.0,
        **coefficients,
    }
    with _standalone_device(directory) as device:
        b.seed(seed)
        groups = {
            name: b.NeuronGroup(
                n,
                NEURON,
                threshold="v > v_threshold",
                reset="v = v_reset",
                refractory=5 * b.ms,
                method="euler",
                name=name,
            )
            for name, n in (("exc", size.n_exc), ("inh", size.n_inh))
        }
        for group in groups.values():
            group.v = "v_reset + (v_threshold - v_reset)*rand()"
        exc, inh = groups.values()
        ee = b.Synapses(exc, exc, PLASTIC_SYNAPSE, on_pre=ON_PRE, on_post=ON_POST, name="ee")
        ee.connect(condition="i != j", p=size.probability)
        ee.w = 0.3
        ei = b.Synapses(exc, inh, on_pre="g_e_post += 0.3", name="ei")
        ie = b.Synapses(inh, exc, on_pre="g_i_post += 3", name="ie")
        ii = b.Synapses(inh, inh, on_pre="g_i_post += 3", name="ii")
        ei.connect(p=size.probability)
        ie.connect(p=size.probability)
        ii.connect(condition="i != j", p=size.probability)
        monitors = [b.SpikeMonitor(g, name=f"{n}_spikes") for n, g in groups.items()]
        network = b.Network(*groups.values(), ee, ei, ie, ii, *monitors)
        network.run(duration * b.second, namespace=constants)
        device.build(directory=str(directory), compile=True, run=False, with_output=False)


@contextmanager
def _standalone_device(directory: Path):
    import brian2

    brian2.set_device("cpp_standalone", directory=str(directory), build_on_run=False)
    device = brian2.get_device()
    try:
        yield device
    finally:
        device.reinit()
        brian2.reset_device()


def compile_floor(source: Path, directory: Path, precision: str) -> Path:
    """Compile the hand-written simulation of this network and return the program.

    Parameters
    ----------
    source : Path
        C++ file whose program takes the duration in seconds, is compiled with ``-DREAL=double``
        for double precision, and prints ``total S s`` per biological second and ``rate R Hz``.
    directory : Path
    precision : {"double", "single"}
    """
    program = directory / f"floor_{precision}"
    real = ["-DREAL=double"] if precision == "double" else []
    subprocess.run(["g++", *FLOOR_FLAGS, *real, "-o", program, source], check=True)
    return program


def floor_output(text: str) -> tuple[float, float]:
    """Return seconds per biological second and rate (Hz) from what the hand-written program printed.

    Raises
    ------
    SystemExit
        If it printed something else.
    """
    total = re.search(r"total ([0-9.]+) s", text)
    rate = re.search(r"rate ([0-9.]+) Hz", text)
    if not (total and rate):
        sys.exit(f"the program given by --floor printed neither 'total' nor 'rate': {text!r}")
    return float(total[1]), float(rate[1])
