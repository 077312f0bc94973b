"""A minute of plasticity in single precision and in double (reference implementation).

Single trajectories part after some hundred milliseconds, since the network is chaotic; what it does
on average must be the same.
"""

from functools import partial

import numpy as np
import pytest
from brian2 import ms
from scipy.stats import ks_2samp

from bionet.devices import compile_network
from bionet.models import POLYNOMIAL_PLASTICITY
from bionet.networks import balanced_network
from bionet.statistics import isi_cvs_from_sums

DURATION = 60.0  # s
# after 20 s another seed, which is another network, differs by 1.5 % in the rate, by 0.02 in the CV
# and by 0.03 in the distribution of weights; single precision by 0.2 %, 0.005 and 0.002
RATE_TOLERANCE, CV_TOLERANCE, WEIGHT_DISTANCE = 0.01, 0.015, 0.01
OUTPUTS = ("exc.spike_count", "exc.isi_sum", "exc.isi_sum_squares", "inh.spike_count", "ee.w")
#: Weights grow with each spike and shrink with each pair: the rate settles near 10 Hz.
RULE = {"alpha": 1e-3, "beta": 1e-3, "kappa": -4e-3, "gamma": -2e-3}


@pytest.mark.slow
def test_rates_irregularity_and_weights_are_the_same():
    network = partial(
        balanced_network, plasticity={"ee": POLYNOMIAL_PLASTICITY.replaced(**RULE)}, delay=0 * ms
    )
    double, single = (
        compile_network(network, DURATION, outputs=OUTPUTS, precision=precision)(seed=1)
        for precision in ("double", "single")
    )
    for spikes in ("exc.spike_count", "inh.spike_count"):
        assert single[spikes].mean() == pytest.approx(double[spikes].mean(), rel=RATE_TOLERANCE)
    cv_double, cv_single = (
        np.nanmean(
            isi_cvs_from_sums(o["exc.spike_count"], o["exc.isi_sum"], o["exc.isi_sum_squares"])
        )
        for o in (double, single)
    )
    assert cv_single == pytest.approx(cv_double, abs=CV_TOLERANCE)
    assert double["ee.w"].std() > 0.05  # plasticity has done something
    assert ks_2samp(double["ee.w"], single["ee.w"]).statistic < WEIGHT_DISTANCE
