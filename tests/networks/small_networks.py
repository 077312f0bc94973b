"""Networks small enough to follow neuron by neuron, compiled once a test session."""

from brian2 import Hz, ms, mV

from bionet.models import POLYNOMIAL_PLASTICITY, inhibitory_plasticity
from bionet.networks import PoissonInput, RateGuard, Recording, balanced_network

N_EXC, N_INH = 10, 4
DURATION = 0.25
WEIGHTS = {"ee": 0.06, "ei": 0.05, "ie": 0.08, "ii": 0.1}
EE_RULE = {"alpha": 0.004, "beta": 0.003, "kappa": -0.02, "gamma": 0.015}
EE_TAUS = {"tau_pre": 20 * ms, "tau_post": 13 * ms}
EE_BOUND = 0.09
IE_ETA, IE_RATE = 0.002, 12 * Hz
COEFFICIENTS = ("alpha", "beta", "kappa", "gamma", "tau_pre", "tau_post", "w_max")
GUARD = RateGuard(low=0.1 * Hz, high=1000 * Hz, tau=200 * ms, start=10 * Hz)

STATISTICS = ("exc.spike_count", "exc.isi_sum", "exc.isi_sum_squares")
PLASTIC_INPUTS = (
    "exc.v",
    "inh.v",
    "exc.i_background",
    "inh.i_background",
    "exc.warmup_end",
    *(f"{name}.{value}" for name in ("ee", "ei", "ii") for value in COEFFICIENTS),
    "ee.w_initial",
    "population.lowest",
    "population.highest",
)
PLASTIC_OUTPUTS = (
    *STATISTICS,
    "inh.spike_count",
    "exc.v",
    *(f"{name}.{value}" for name in ("ee", "ei", "ie", "ii") for value in "ijw"),
    "spikes.t",
    "spikes.i",
    "inh_spikes.t",
    "inh_spikes.i",
    "voltage.v",
    "ie_weights.w",
    "population_rate.rate",
    "population.left_at",
)


def plastic_network(replicas=1):
    """Every neuron on every other, all plastic; nothing random but the initial v.

    The rules of E-I and I-I do nothing unless their coefficients are given.
    """
    return balanced_network(
        n_exc=N_EXC,
        n_inh=N_INH,
        connection_probability=1.0,
        w_ee=WEIGHTS["ee"],
        w_ei=WEIGHTS["ei"],
        w_ie=WEIGHTS["ie"],
        w_ii=WEIGHTS["ii"],
        plasticity={
            "ee": POLYNOMIAL_PLASTICITY.replaced(**EE_RULE, **EE_TAUS, w_max=EE_BOUND),
            "ei": POLYNOMIAL_PLASTICITY,
            "ii": POLYNOMIAL_PLASTICITY,
            "ie": inhibitory_plasticity(IE_RATE, eta=IE_ETA, w_max=0.2),
        },
        guard=GUARD,
        recording=Recording(
            spikes_exc=replicas * N_EXC,
            spikes_inh=replicas * N_INH,
            voltage=2,
            weights=2,
            weight_interval=20 * ms,
        ),
        replicas=replicas,
    )


def two_plastic_networks():
    """Return two replicas of `plastic_network`."""
    return plastic_network(replicas=2)


RANDOM_EXC, RANDOM_INH, RANDOM_PROBABILITY = 40, 10, 0.2
POISSON_SOURCES = 30
RANDOM_INPUTS = ("ee.w_initial", "ee.alpha", "ee.tau_pre", "ee.w_max", "poisson.rates")
RANDOM_OUTPUTS = (
    *(f"{name}.{end}" for name in ("ee", "ei", "ie", "ii") for end in "ij"),
    "poisson_exc.i",
    "poisson_exc.j",
    "ee.w",
    "exc.spike_count",
    "spikes.t",
    "spikes.i",
    "exc.v",
)


def random_network():
    """Two replicas with random sparse connectivity and Poisson input; a rule that does nothing."""
    return balanced_network(
        n_exc=RANDOM_EXC,
        n_inh=RANDOM_INH,
        connection_probability=RANDOM_PROBABILITY,
        background=0 * mV,
        poisson=PoissonInput(
            n=POISSON_SOURCES, rate=100 * Hz, connection_probability=0.5, weight=0.3
        ),
        plasticity={"ee": POLYNOMIAL_PLASTICITY},
        recording=Recording(spikes_exc=2 * RANDOM_EXC),
        replicas=2,
    )
