"""A compiled network is a pure function of its inputs and its seed (behaviour)."""

import hashlib
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import small_networks_of_users as users
from brian2 import ms, mV

from bionet.devices import CppNetwork, Status, compile_network
from bionet.devices.cache import CacheError

N = users.N

CALL_ELSEWHERE = """
import hashlib, json, pickle, sys
from pathlib import Path
from bionet.devices import CppNetwork
kind, path, inputs = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
network = CppNetwork.load(path) if kind == "saved" else pickle.loads(path.read_bytes())
outcome = network(inputs, seed=5)
digest = hashlib.sha256()
for name in sorted(outcome.values):
    digest.update(name.encode() + outcome[name].tobytes())
assert "brian2" not in sys.modules
print(digest.hexdigest())
"""


def digest_of(outcome):
    digest = hashlib.sha256()
    for name in sorted(outcome.values):
        digest.update(name.encode() + outcome[name].tobytes())
    return digest.hexdigest()


@pytest.fixture(scope="module")
def compiled(cells_on):
    return cells_on("cpp")


def test_one_seed_gives_one_result_two_seeds_two(cells, chance, same_values):
    first, again, other = (cells(chance, seed=seed) for seed in (5, 5, 6))
    assert same_values(first, again)
    assert first["spikes.t"].size > 10
    pairs = [set(zip(o["synapses.i"], o["synapses.j"], strict=True)) for o in (first, other)]
    assert pairs[0] != pairs[1]
    assert 0 < len(pairs[0]) < N * (N - 1)
    assert not np.array_equal(first["cells.v"], other["cells.v"])


@pytest.mark.compiles
@pytest.mark.parametrize("kind", ["saved", "pickled"])
def test_another_process_without_brian2_gives_the_same(compiled, tmp_path, kind):
    import json

    if kind == "saved":
        compiled.save(tmp_path / "network")
    else:
        (tmp_path / "network").write_bytes(pickle.dumps(compiled))
    inputs = {"cells.density": 0.5, "cells.noise": 2e-3}
    elsewhere = subprocess.run(
        [sys.executable, "-c", CALL_ELSEWHERE, kind, tmp_path / "network", json.dumps(inputs)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert elsewhere.stdout.strip() == digest_of(compiled(inputs, seed=5)), elsewhere.stderr


def test_runtime_network_pickles(cells_on, chance, same_values):
    network = cells_on("runtime")
    again = pickle.loads(pickle.dumps(network))
    assert same_values(again(chance, seed=5), network(chance, seed=5))


def test_threads_at_once_give_what_one_gives(cells, chance, same_values):
    seeds = [1, 2, 1, 2]
    one_by_one = {seed: cells(chance, seed=seed) for seed in set(seeds)}
    with ThreadPoolExecutor(len(seeds)) as threads:
        at_once = list(threads.map(lambda seed: cells(chance, seed=seed), seeds))
    for seed, outcome in zip(seeds, at_once, strict=True):
        assert same_values(outcome, one_by_one[seed])
    assert not same_values(one_by_one[1], one_by_one[2])


@pytest.mark.parametrize("device", ["runtime", pytest.param("cpp", marks=pytest.mark.compiles)])
def test_a_seed_in_the_network_does_not_undo_the_calls(device):
    network = compile_network(users.seeded_network, 1 * ms, device=device, outputs=["cells.x"])
    first, again, other = (network(seed=seed)["cells.x"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_inputs_that_are_not_given_keep_the_networks_own_values(cells, same_values):
    """Behaviour: the defaults written out give the same as no inputs at all."""
    defaults = {
        "cells.drive": np.linspace(11, 16, N) * mV,
        "cells.noise": 0 * mV,
        "cells.scale": 0.5,
        "cells.level": np.arange(1, N + 1) * mV,
        "cells.density": 1,
        "synapses.weight": 0.3 * mV,
        "synapses.kind": 1,
    }
    plain, given = cells(), cells(defaults)
    np.testing.assert_array_equal(plain["spikes.t"], given["spikes.t"])
    np.testing.assert_allclose(plain["cells.v"], given["cells.v"], rtol=1e-12)
    assert plain["spikes.t"].size > 10


def test_initial_values_that_depend_on_inputs_see_them(cells):
    """Scalar, array and expression assignments in the network are defaults, no more."""
    assert cells()["cells.first"] == pytest.approx(0.5e-3 * np.arange(1, N + 1))
    level = np.array([3, 1, 4, 1, 5, 9]) * 1e-3
    outcome = cells({"cells.scale": 0.25, "cells.level": level, "synapses.weight": 0.7 * mV})
    assert outcome["cells.first"] == pytest.approx(0.25 * level)
    assert outcome["trace.v"][:, 0] == pytest.approx(0.25 * level[[0, 3]])
    assert outcome["synapses.w"] == pytest.approx(0.7e-3 * (1 + 0.1 * outcome["synapses.j"]))


def test_density_decides_before_the_synapses_are_made(cells):
    assert cells({"cells.density": 0})["synapses.i"].size == 0
    full = cells({"cells.density": 1})
    assert full["synapses.i"].size == N * (N - 1)


def test_one_value_for_each_synapse(cells):
    """They are made, and given their default weights, in two steps."""
    weights = np.linspace(0, 1e-3, N * (N - 1))
    np.testing.assert_array_equal(cells({"synapses.w": weights})["synapses.w"], weights)


def test_whole_numbers_reach_an_integer_variable(cells):
    off, on = cells({"synapses.kind": 0}), cells({"synapses.kind": 2})
    assert off["spikes.t"].size < on["spikes.t"].size


@pytest.mark.compiles
def test_devices_agree_where_nothing_is_random(cells_on):
    inputs = {"cells.drive": 14 * mV, "cells.scale": 0.8}
    compiled, interpreted = (cells_on(device)(inputs) for device in ("cpp", "runtime"))
    assert compiled.values.keys() == interpreted.values.keys() == set(users.OUTPUTS)
    for name in users.OUTPUTS:
        assert compiled[name].dtype == interpreted[name].dtype, name
        assert compiled[name].shape == interpreted[name].shape, name
        # some hundred Euler steps in doubles
        np.testing.assert_allclose(compiled[name], interpreted[name], rtol=1e-10, err_msg=name)


def test_shapes_and_types_of_outputs(cells):
    outcome = cells()
    assert outcome["cells.v"].shape == (N,)
    assert outcome["cells.noise"].shape == ()
    assert outcome["trace.v"].shape == (2, users.STEPS)
    assert outcome["cells.count"].dtype.kind == "i"
    assert outcome["cells.count"].sum() == outcome["spikes.t"].size == outcome["spikes.i"].size
    assert np.all(np.diff(outcome["spikes.t"]) >= 0)


@pytest.mark.parametrize("device", ["runtime", pytest.param("cpp", marks=pytest.mark.compiles)])
def test_single_precision(cells_on, device):
    """State variables are floats, time stays a double; the result is that of double precision."""
    single = cells_on(device, "single")({"cells.drive": 14 * mV, "synapses.weight": 0 * mV})
    double = cells_on("runtime")({"cells.drive": 14 * mV, "synapses.weight": 0 * mV})
    assert single["cells.v"].dtype == np.float32
    assert single["spikes.t"].dtype == np.float64
    np.testing.assert_array_equal(single["cells.count"], double["cells.count"])
    # 24 bits, and a hundred steps since the last reset
    np.testing.assert_allclose(single["trace.v"][:, :50], double["trace.v"][:, :50], rtol=1e-4)


@pytest.mark.parametrize("device", ["runtime", pytest.param("cpp", marks=pytest.mark.compiles)])
def test_another_duration_without_a_rebuild(cells_on, device):
    network = cells_on(device)
    short, whole = network.lasting(20 * ms)(), network()
    assert short.status is Status.COMPLETED
    assert short.duration == short.stopped_at == 0.02
    np.testing.assert_array_equal(
        short["spikes.t"], whole["spikes.t"][whole["spikes.t"] < 0.02 - 5e-5]
    )
    assert short["trace.v"].shape == (2, 200)
    with pytest.raises(ValueError, match=r"duration must be positive"):
        network.lasting(-1)
    with pytest.raises(ValueError, match=r"duration must be a time"):
        network.lasting(3 * mV)


def test_fewer_outputs_without_a_rebuild(cells):
    fewer = cells.returning(["spikes.t", "cells.v"])
    outcome = fewer()
    assert set(outcome.values) == {"spikes.t", "cells.v"}
    np.testing.assert_array_equal(outcome["spikes.t"], cells()["spikes.t"])
    np.testing.assert_array_equal(outcome["cells.v"], cells()["cells.v"])
    with pytest.raises(ValueError, match=r"cells.u"):
        cells.returning(["cells.u"])


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"cells.drvie": 1}, "'cells.drvie' is no input.*did you mean 'cells.drive'"),
        ({"cells.drive": 3 * ms}, "'cells.drive' is in volt, got a value in second"),
        ({"cells.drive": [1, 2, 3]}, r"'cells.drive' has shape \(3,\), expected \(\) or \(6,\)"),
        ({"cells.drive": float("nan")}, "'cells.drive' holds a value that is not finite"),
        ({"synapses.kind": 0.5}, "'synapses.kind' holds whole numbers"),
        ({"cells.scale": [1, 2]}, "'cells.scale' has shape"),
    ],
)
def test_wrong_inputs_are_named(cells, inputs, message):
    with pytest.raises(ValueError, match=message):
        cells(inputs)


@pytest.mark.parametrize("seed", [-1, 2**32, 0.5, "1"])
def test_wrong_seed_is_refused(cells, seed):
    with pytest.raises(ValueError, match=r"seed must"):
        cells({}, seed)


def test_wrong_number_of_synapses_is_an_outcome(cells):
    """How many there are is known only when they are made, in the simulation."""
    for given, density, made in ((7, 1, N * (N - 1)), (15, 1, N * (N - 1)), (7, 0, 0)):
        outcome = cells({"synapses.w": np.zeros(given), "cells.density": density})
        assert outcome.status is Status.FAILED
        assert outcome.reason.endswith(
            f"input synapses.w has {given} values, the network has {made}"
        )
        assert dict(outcome.values) == {}
        assert outcome.message.startswith("FAILED: ")


def test_file_that_is_no_saved_network(tmp_path):
    (tmp_path / "file").write_text("{}")
    with pytest.raises(CacheError, match=r"is no compiled network that this version saved"):
        CppNetwork.load(tmp_path / "file")
