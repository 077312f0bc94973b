"""Reference implementation: networks drawn at random give the bits that Brian2's own loops give.

All state variables and all monitors, in double precision with ``strict=True``: with every
optimisation of the device, and with one of them off, against none of them. Where sums may be
regrouped results are equal to rounding; in single precision the numbers of spikes are similar.

    pytest tests/devices/test_random_networks.py          # 40 networks
    pytest tests/devices/test_random_networks.py -m slow  # 300
    python benchmarks/differential_test.py --table FILE   # 300, and what is in them
    python benchmarks/differential_test.py --first 17 --networks 1 --reduce  # n17_, made smaller

With AddressSanitizer and UBSan, which need a cache of their own and all of the address space::

    export BIONET_CACHE=/tmp/sanitized
    export CXX="g++ -g -fsanitize=address,undefined -fno-sanitize-recover=undefined"
    pytest tests/devices/test_random_networks.py
"""

import json
import os
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from random_network_features import FEATURES, PIECES, covering, features
from random_network_programs import (
    Verdict,
    difference,
    in_single_precision,
    nearly,
    packs,
    tried,
)
from random_networks import sample

from bionet.devices import OPTIMISATIONS

FEW, MANY = 40, 300
#: The few are those of so many that hold most of what is looked for.
FEW_OF = 120
PACK = 10
#: At least so many of the networks must spike: what is silent proves little.
SPIKING = 0.6


@lru_cache
def drawn(size: int) -> dict[str, dict]:
    """Return the networks of the small sample or of the large one, by the prefix of their names."""
    networks = sample(FEW_OF if size == FEW else MANY)
    return covering(networks, FEW) if size == FEW else networks


def pack(size: int, k: int) -> dict[str, dict]:
    return packs(drawn(size), PACK)[k]


def check(verdict: Verdict) -> None:
    assert verdict.differences == {}
    spiking = sum(spikes > 0 for spikes in verdict.spikes.values())
    assert spiking >= SPIKING * len(verdict.spikes)


@pytest.mark.compiles
@pytest.mark.parametrize("k", range(FEW // PACK))
def test_few_networks_give_the_bits_of_brian2s_loops(k):
    # one of them off in one pack only, to spare the compiler's time
    check(tried(pack(FEW, k), ["fusion"] if k == 0 else []))


@pytest.mark.slow
@pytest.mark.compiles
@pytest.mark.parametrize("k", range(MANY // PACK))
def test_many_networks_give_the_bits_of_brian2s_loops(k):
    names = sorted(OPTIMISATIONS)
    check(tried(pack(MANY, k), [names[k % len(names)]]))


@pytest.mark.slow
@pytest.mark.compiles
@pytest.mark.parametrize("k", range(MANY // PACK))
def test_many_networks_with_regrouped_sums_are_equal_to_rounding(k):
    check(nearly(pack(MANY, k)))


@pytest.mark.slow
@pytest.mark.compiles
@pytest.mark.parametrize("k", range(FEW // PACK))
def test_few_networks_spike_alike_in_single_precision(k):
    check(in_single_precision(pack(FEW, k)))


@pytest.mark.parametrize("size", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_everything_occurs_that_could_go_wrong(size):
    """A difference in what is never drawn is never found."""
    occurring = set().union(*map(features, drawn(size).values()))
    assert {*FEATURES, *PIECES} - occurring == set()


def test_networks_are_the_same_in_each_process():
    """The order of hashes differs from process to process; what is drawn does not."""
    process = subprocess.run(
        [sys.executable, "-c", "import json, random_networks as r; print(json.dumps(r.sample(3)))"],
        env=os.environ | {"PYTHONHASHSEED": "1"},
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(process.stdout) == sample(3)


@pytest.mark.parametrize(
    ("got", "told"),
    [
        ([1.0, 2.0], ""),
        ([1.0, np.nextafter(2.0, 3)], "1 of 2, at (1,) 2.0 became 2.0000000000000004, last bits"),
        ([1.5, 2.0], "1 of 2, at (0,) 1.0 became 1.5"),
        ([1.0, np.nan], "1 of 2, at (1,) 2.0 became nan"),
        ([1.0], "float64(1,) in place of float64(2,)"),
    ],
)
def test_each_bit_counts(got, told):
    assert difference(np.array([1.0, 2.0]), np.array(got)) == told


def test_the_sign_of_zero_counts():
    assert difference(np.zeros(1), -np.zeros(1)) == "signs of zeros or of NaN"
