"""The plastic network of most benchmarks, as bionet compiles it.

8000 excitatory and 2000 inhibitory conductance LIF neurons, connection probability 0.02, plastic
E-E synapses (Vaze et al., plasticity rule, with alpha = beta = 0 and kappa = gamma = 1e-5), weights
0.3 from excitatory and 3 from inhibitory neurons in units of the leak conductance, background
20 mV. The peers in `textbook_network` and `hand_written` are the same network.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

__all__ = ["COEFFICIENTS", "DT", "Size", "add_size_options", "compile_bionet", "size_of"]

COEFFICIENTS = {"alpha": 0.0, "beta": 0.0, "kappa": 1e-5, "gamma": 1e-5}
DT = 1e-4  # s, one time step


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


def add_size_options(parser: argparse.ArgumentParser) -> None:
    """Give a benchmark of this network the options that `size_of` reads."""
    parser.add_argument("--n-exc", type=int, default=Size.n_exc)
    parser.add_argument("--n-inh", type=int, default=Size.n_inh)
    parser.add_argument(
        "--probability", type=float, default=Size.probability, help="of a connection"
    )


def size_of(options: argparse.Namespace) -> Size:
    """Return the network's size that the options ask for."""
    return Size(options.n_exc, options.n_inh, options.probability)


def compile_bionet(
    size: Size,
    precision: str = "double",
    *,
    reordering: str = "none",
    without: Sequence[str] = (),
):
    """Return the network as bionet compiles it: traces of neurons, coefficients as inputs.

    Parameters
    ----------
    size : Size
    precision : {"double", "single"}
    reordering : {"none", "allowed"}
    without : sequence of str
        Optimisations that are switched off.

    Returns
    -------
    bionet.devices.CppNetwork
        Inputs ``ee.alpha``, ``ee.beta``, ``ee.kappa``, ``ee.gamma``; its statistics as outputs.
    """
    from brian2 import ms

    from bionet.devices import compile_network
    from bionet.models import POLYNOMIAL_PLASTICITY
    from bionet.networks import RateGuard, balanced_network

    network = partial(
        balanced_network,
        n_exc=size.n_exc,
        n_inh=size.n_inh,
        connection_probability=size.probability,
        plasticity={"ee": POLYNOMIAL_PLASTICITY.replaced(**COEFFICIENTS)},
        delay=0 * ms,  # as the peers: none beyond the step
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
        reordering=reordering,
        without=without,
    )
