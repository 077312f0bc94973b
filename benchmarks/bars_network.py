"""The correlated-bars task and its layer, as bionet compiles it (Mikulasch et al., Fig. 4).

8x8 pixels, two bars an image that are partners with probability 0.7, an image each 100 ms,
16 coding neurons, time step 1 ms. DB is dendritic balance, analytic; SB is somatic balance. All
weights begin at 0. The peers in `textbook_bars` and the hand-written program are the same layer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bionet.models import DENDRITIC_BALANCE_ANALYTIC, SOMATIC_BALANCE, LearningScheme

__all__ = [
    "IMAGE_STEPS",
    "NEURON",
    "N_CODING",
    "N_INPUTS",
    "PARTNERS",
    "RATES",
    "SCHEMES",
    "SIDE",
    "STEP",
    "bionet_inputs",
    "compile_bionet",
    "compile_full_product",
    "seconds_of",
]

SIDE, N_CODING = 8, 16
PARTNERS = 0.7  # probability p that the two bars of an image are
N_INPUTS = SIDE**2
STEP = 1e-3  # s
IMAGE_STEPS = 100
SCHEMES = {"DB": DENDRITIC_BALANCE_ANALYTIC, "SB": SOMATIC_BALANCE}

#: Learning rates, Hz.
RATES = {"eta_F": 0.05, "eta_D": 0.05, "eta_W": 0.1}
#: Of the neurons: Hz, but b (which gives the target rate alone) and Du without a unit.
NEURON = {
    "rho": 15.0,
    "eta_b": 10.0,
    "eta_s": 7e-5,
    "Du_start": 1.0,
    "Du_end": 0.1,
    "b": -4.184591,  # log(rho dt/(1 - rho dt))
}

OUTPUTS = ("coding.spike_count", "coding.test_spike_count", "input.squared_error")

# D is a variable of other synapses than those that the product runs over: it is read where it lies
DECODER_WEIGHT = """
static inline double decoder_weight(int row, int k)
{{
    return brian::{array}[row*{n_coding} + k];
}}
"""


def seconds_of(images: int) -> float:
    """Return the time after so many images, s, half a step before the next one begins."""
    return (images * IMAGE_STEPS - 0.5) * STEP


def bionet_inputs(scheme: str, images: int) -> dict[str, float]:
    """Return the inputs of a call that learns from so many images and is tested afterwards."""
    lateral = {"inhibition.eta_W": RATES["eta_W"]} if scheme == "SB" else {}
    return {
        "feedforward.eta_F": RATES["eta_F"],
        "feedforward.eta_D": RATES["eta_D"],
        **lateral,
        **{f"coding.{name}": value for name, value in NEURON.items()},
        "coding.learn_until": seconds_of(images),
    }


def compile_bionet(scheme: str, **how):
    """Return bionet's network.

    Parameters
    ----------
    scheme : {"DB", "SB"}
    **how
        More of what ``compile_network`` takes.

    Returns
    -------
    bionet.devices.CppNetwork
        Inputs as `bionet_inputs` returns them; outputs ``coding.spike_count``,
        ``coding.test_spike_count`` and ``input.squared_error``.
    """
    return _compiled(partial(_network, SCHEMES[scheme]), scheme, **how)


def compile_full_product():
    """Return the DB network with W = -F D stored and recomputed in full at each update.

    Returns
    -------
    bionet.devices.CppNetwork
        As `compile_bionet`. The N_z N_x N_z terms ``-F_ji D_ik`` of the product are synapses onto
        dendrites, computed from the weights before the update: W is one update late.
    """
    return _compiled(_full_product_network, "DB")


def _compiled(network: Callable, scheme: str, **how):
    from bionet.devices import compile_network

    inputs = list(bionet_inputs(scheme, 1))
    return compile_network(network, 1.0, inputs=inputs, outputs=OUTPUTS, **how)


def _network(scheme: LearningScheme):
    from bionet.networks import dendritic_balance_network
    from bionet.stimuli import correlated_bars

    return dendritic_balance_network(correlated_bars(SIDE, PARTNERS), N_CODING, scheme=scheme)


def _full_product_network():
    analytic = DENDRITIC_BALANCE_ANALYTIC
    network = _network(
        LearningScheme(
            name="product",
            inhibition="dendrite",
            feedforward=f"{analytic.feedforward}\nFz_next_pre += F*z_post",
            lateral="W = -F_post*decoder_weight(row_post, i)",
            equations="row : integer (constant)",
            parameters=analytic.parameters,
        )
    )
    named = {obj.name: obj for obj in network.objects}
    named["feedforward"].row = "i"
    named["inhibition"].namespace["decoder_weight"] = _decoder_weight(named["feedforward"])
    return network


def _decoder_weight(feedforward):
    from brian2 import Function, get_device

    def decoder_weight(row, k):
        raise NotImplementedError("the full product is for the C++ device only")

    function = Function(decoder_weight, arg_units=[1, 1], return_unit=1)
    array = get_device().get_array_name(feedforward.variables["D"], access_data=False)
    code = DECODER_WEIGHT.format(array=array, n_coding=N_CODING)
    function.implementations.add_implementation("cpp", code)
    return function
