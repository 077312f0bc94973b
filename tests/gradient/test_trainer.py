"""Closed form and reference: updates by hand, one network as among several, exact resume."""

import pickle

import numpy as np
import pytest
from brian2 import ms

pytest.importorskip("jax")

import jax
import jax.numpy as jnp
import optax

from bionet.gradient import (
    Classification,
    Connection,
    DifferentiableNetwork,
    DivergedError,
    InputSpikes,
    Layer,
    SpikeCount,
    Trainer,
    dales_law,
    latency_spikes,
    load_checkpoint,
    noisy,
    save_checkpoint,
)
from bionet.models import LEAKY_READOUT, UNIT_LIF

# Single precision, gradients summed over pieces of the batch in another order.
ROUNDING_TOLERANCE = 1e-5

# The standard deviation of n normal numbers is off by 1/sqrt(2 n) of it, itself normal: five of
# those for the thousand numbers that are taken.
SD_TOLERANCE = 5 / np.sqrt(2000)

INPUTS, HIDDEN, CLASSES, STEPS = 6, 5, 3, 15
BATCH, PIECE, N = 8, 4, 19  # two batches, three samples left over; five pieces, one padded
RATE = 0.1


def network_to_train():
    return DifferentiableNetwork(
        [Layer("hidden", UNIT_LIF, HIDDEN), Layer("readout", LEAKY_READOUT, CLASSES)],
        [Connection("input", "hidden", "I"), Connection("hidden", "readout", "I")],
        inputs=INPUTS,
        dt=1 * ms,
    )


def trainer_of(optimiser, **changed):
    # smooth in the readout, where the step of a maximum may depend on rounding
    objective = Classification(over_time="each_step", regularisers=(SpikeCount("hidden", 0.02),))
    arguments = {"steps": STEPS, "classes": CLASSES, "batch": BATCH, "piece": PIECE} | changed
    return Trainer(network_to_train(), objective, optimiser, **arguments)


def initial_parameters(networks=2, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "input_hidden.w": rng.normal(0.6, 0.4, (networks, INPUTS, HIDDEN)).astype(np.float32),
        "hidden_readout.w": rng.normal(0, 0.5, (networks, HIDDEN, CLASSES)).astype(np.float32),
        "readout.tau_mem": np.full((networks,), 0.01, np.float32),
    }


def data(n=N, seed=1):
    rng = np.random.default_rng(seed)
    return latency_spikes(rng.integers(0, STEPS, (n, INPUTS))), rng.integers(0, CLASSES, n)


def one(tree, network):
    return jax.tree.map(lambda leaf: np.asarray(leaf)[network], tree)


def assert_same_bits(a, b):
    assert jax.tree.structure(a) == jax.tree.structure(b)
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.fixture(scope="module")
def sgd():
    return trainer_of(optax.sgd(RATE))


@pytest.fixture(scope="module")
def without_learning():
    return trainer_of(optax.sgd(0.0))


@pytest.fixture(scope="module")
def update():
    """One update of two networks with two samples in one batch, whose order does not matter.

    Both networks are computed side by side (``vmap``), as on a GPU.
    """
    trainer = trainer_of(optax.sgd(RATE), batch=2, piece=1, at_once=2)
    samples = data(n=2)
    neither = {
        "input_hidden.w": np.zeros((2, 1, 1), np.float32),
        "hidden_readout.w": np.zeros((2, HIDDEN, 1), np.float32),
    }

    def one_update(*, seed=0, number=1, signs=None, noise=(0.0, 0.0), noise_seeds=None):
        return trainer.epoch(
            trainer.begun(initial_parameters()),
            *samples,
            seed=seed,
            number=number,
            signs=neither | (signs or {}),
            noise=np.array(noise),
            noise_seeds=noise_seeds,
        )

    return one_update


def loss_by_hand(parameters, samples, labels):
    """Return the mean loss, written out."""
    outputs = network_to_train()(
        parameters, samples, steps=STEPS, record=["readout.v", "hidden.spikes"]
    )
    logarithms = jax.nn.log_softmax(outputs["readout.v"]).mean(axis=0)
    chosen = jnp.take_along_axis(logarithms, labels[:, None], axis=1)[:, 0]
    return (-chosen + 0.02 * outputs["hidden.spikes"].sum(axis=(0, 2))).mean()


def test_an_update_is_gradient_descent(update):
    """In pieces of one sample; by all parameters, a time constant among them."""
    state, metrics = update()
    before, (samples, labels) = initial_parameters(), data(n=2)
    graded = jax.jit(jax.value_and_grad(loss_by_hand))
    for network in range(2):
        loss, slope = graded(one(before, network), samples, labels)
        assert metrics.loss[network] == pytest.approx(float(loss), rel=ROUNDING_TOLERANCE)
        for name, gradient in slope.items():
            assert np.abs(gradient).max() > 0
            change = state.parameters[name][network] - before[name][network]
            rounding = ROUNDING_TOLERANCE * np.abs(before[name][network]).max()
            np.testing.assert_allclose(change, -RATE * gradient, rtol=1e-4, atol=rounding)


def test_dales_law_holds_after_the_update(update):
    """Each network has its own signs; 0 leaves a row alone."""
    free = update()[0].parameters
    signs = np.array([[1, -1, 0, 1, -1], [-1, 1, 1, 0, 1]], np.float32)[:, :, None]
    clamped = update(signs={"hidden_readout.w": signs})[0].parameters

    before = free["hidden_readout.w"]
    expected = np.where(signs * before < 0, 0, before)
    assert 0.2 < (expected != before).mean() < 0.8
    np.testing.assert_array_equal(clamped["hidden_readout.w"], expected)
    np.testing.assert_array_equal(clamped["input_hidden.w"], free["input_hidden.w"])


def test_dales_law_by_hand():
    weights = np.array([[1.0, -1, 0], [1, -1, 0], [1, -1, 0]])
    clamped = dales_law({"a": weights, "b": -weights}, {"a": np.array([[1.0], [-1], [0]])})
    np.testing.assert_array_equal(clamped["a"], [[1, 0, 0], [0, -1, 0], [1, -1, 0]])
    np.testing.assert_array_equal(clamped["b"], -weights)


def test_noise_after_the_update(update):
    """Each network's own, of its own standard deviation, in every parameter."""
    sd, without = np.array([0.1, 0.02]), update()[0].parameters

    def noise_of(**more):
        return jax.tree.map(np.subtract, update(noise=sd, **more)[0].parameters, without)

    first = noise_of()
    assert_same_bits(first, noise_of())
    others = [noise_of(seed=1), noise_of(number=2), noise_of(noise_seeds=[5, 6])]
    for other in others:
        for name, value in first.items():
            assert np.abs(other[name] - value).min() > 0, name
    flat = [one(first, k)["input_hidden.w"].ravel() / sd[k] for k in range(2)]
    assert abs(np.corrcoef(flat)[0, 1]) < 0.7  # thirty numbers: four times 1/sqrt(30)

    many = [first, *others, *(noise_of(number=number) for number in range(3, 25))]
    for k in range(2):
        values = np.concatenate([leaf[k].ravel() for n in many for leaf in n.values()])
        assert values.size > 1000
        assert values.std() == pytest.approx(sd[k], rel=SD_TOLERANCE)
        assert values.mean() == pytest.approx(0, abs=sd[k] * SD_TOLERANCE * np.sqrt(2))


def test_noise_comes_before_dales_law(update):
    positive = {"input_hidden.w": np.ones((2, 1, 1), np.float32)}
    weights = update(noise=(1.0, 1.0), signs=positive)[0].parameters["input_hidden.w"]
    assert (weights == 0).sum() > 3
    assert weights.min() == 0


def test_noise_of_one_parameter_does_not_depend_on_the_others_values():
    key = jax.random.key(3)
    a = noisy({"x": jnp.zeros(4), "y": jnp.zeros(3)}, key, 0.5)
    b = noisy({"y": jnp.ones(3), "x": jnp.ones(4)}, key, 0.5)
    np.testing.assert_allclose(a["x"] + 1, b["x"], rtol=1e-6)
    np.testing.assert_allclose(a["y"] + 1, b["y"], rtol=1e-6)
    assert not np.isin(a["x"], a["y"]).any()


def test_an_epoch_shows_every_sample_once(without_learning):
    """At rate 0 the losses are those of the samples, in a new order each time."""
    trainer, (samples, labels) = without_learning, data(n=2 * BATCH)
    state = trainer.begun(initial_parameters())
    epochs = [trainer.epoch(state, samples, labels, seed=0, number=k)[1] for k in (1, 2, 1)]

    evaluation = trainer.evaluate(state, samples, labels)
    for metrics in epochs:
        assert metrics.loss.shape == (2, 2)
        np.testing.assert_allclose(metrics.loss.mean(axis=1), evaluation.loss, rtol=1e-5)
        np.testing.assert_allclose(metrics.accuracy, evaluation.accuracy)
    assert np.abs(epochs[0].loss - epochs[1].loss).min() > 1e-3
    np.testing.assert_array_equal(epochs[0].loss, epochs[2].loss)


def test_several_networks_are_each_one_alone(sgd):
    """With noise of their own."""
    samples, labels = data()
    seeds, sd, parameters = np.array([4, 9]), np.array([0.01, 0.03]), initial_parameters()

    def epoch(trainer, *which):
        chosen = list(which)
        return trainer.epoch(
            trainer.begun({name: value[chosen] for name, value in parameters.items()}),
            samples,
            labels,
            seed=2,
            number=1,
            noise=sd[chosen],
            noise_seeds=seeds[chosen],
        )

    together, metrics = epoch(sgd, 0, 1)
    for k in range(2):
        alone, own = epoch(sgd, k)
        assert_same_bits(one(together, k), one(alone, 0))
        np.testing.assert_array_equal(metrics.loss[k], own.loss[0])
        assert metrics.accuracy[k] == own.accuracy[0]


def test_exact_resume_and_one_compilation(tmp_path):
    """Epochs 1 to 3 are epochs 1 to 2, written to a file and read again, and epoch 3."""
    trainer = trainer_of(optax.adam(0.01))
    samples, labels = data()
    state = trainer.begun(initial_parameters())
    for number in (1, 2, 3):
        state, metrics = trainer.epoch(state, samples, labels, seed=7, number=number)
        trainer.evaluate(state, samples, labels)
        if number == 2:
            save_checkpoint(tmp_path / "checkpoint.npz", state, epoch=2)

    begun = trainer.begun(initial_parameters(seed=99))
    restored, extra = load_checkpoint(tmp_path / "checkpoint.npz", begun)
    resumed, again = trainer.epoch(
        restored, samples, labels, seed=7, number=int(extra["epoch"]) + 1
    )

    assert_same_bits(resumed, state)
    assert_same_bits((again.loss, again.accuracy), (metrics.loss, metrics.accuracy))
    trainer.evaluate(resumed, samples, labels)
    assert trainer.traced == {"epoch": 1, "evaluation": 1}


@pytest.mark.parametrize("name", ["hidden_readout.w", "input_hidden.w"])
def test_a_network_that_is_no_number_is_named(without_learning, name):
    """Also one whose hidden neurons, no numbers, never spike, so that its loss is one."""
    parameters = initial_parameters()
    parameters[name][1, 0, 0] = np.nan
    state = without_learning.begun(parameters)
    with pytest.raises(DivergedError, match=r"of network 1 .* at epoch 5, batch 1") as error:
        without_learning.epoch(state, *data(n=2 * BATCH), seed=0, number=5)
    copy = pickle.loads(pickle.dumps(error.value))
    assert (copy.epoch, copy.batch, copy.network) == (5, 1, 1)


def test_the_batch_of_a_broken_sample_is_named(without_learning):
    """The batch of a sample is the one whose loss its label changes; its update is no number.

    Neurons that hear no numbers never spike, so that the loss is one.
    """
    trainer, (samples, labels) = without_learning, data(n=2 * BATCH)
    samples = np.asarray(samples.dense(STEPS))
    state = trainer.begun(initial_parameters(networks=1))

    def epoch(samples, labels):
        return trainer.epoch(state, samples, labels, seed=0, number=1)

    seen = set()
    _, metrics = epoch(samples, labels)
    for sample in range(5):
        changed = np.where(np.arange(labels.size) == sample, (labels + 1) % CLASSES, labels)
        (batch,) = np.flatnonzero((epoch(samples, changed)[1].loss != metrics.loss)[0])
        broken = samples.copy()
        broken[sample] = np.nan
        with pytest.raises(
            DivergedError, match=rf"^the gradient of .* is no.*epoch 1, batch {batch + 1}"
        ) as error:
            epoch(broken, labels)
        assert error.value.network is None
        seen.add(int(batch))
    assert seen == {0, 1}


@pytest.mark.parametrize("samples", [data(n=23)[0], np.zeros((23, STEPS, INPUTS))])
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros(22, int), r"labels have shape \(22,\) for 23 samples"),
        (np.zeros((23, 1), int), r"labels have shape \(23, 1\)"),
        (np.zeros(23), "labels must be integers; found float64"),
        (np.zeros(23, bool), "labels must be integers; found bool"),
        (np.arange(23) // 6, "label 3 of sample 18 is out of range: 3 classes"),
        (np.arange(23) % 3 - (np.arange(23) == 9), "label -1 of sample 9 is out of range"),
    ],
)
def test_labels_that_do_not_fit(sgd, samples, labels, message):
    with pytest.raises(ValueError, match=message):
        sgd.check(samples, labels)


def test_labels_that_fit(sgd):
    samples, labels = data()
    sgd.check(samples, labels)
    sgd.check(samples, labels.astype(np.uint8))


def test_fewer_samples_than_a_batch(sgd):
    with pytest.raises(ValueError, match="a batch of 8 is not filled by 7 samples"):
        sgd.epoch(sgd.begun(initial_parameters()), *data(n=7), seed=0, number=1)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"steps": 0}, "steps must be at least 1; found 0"),
        ({"steps": 1.5}, "steps must be integers; found float64"),
        ({"classes": 0}, "classes must be at least 1"),
        ({"batch": -1}, "batch must be at least 1; found -1"),
    ],
)
def test_numbers_that_make_no_sense(changed, message):
    with pytest.raises(ValueError, match=message):
        trainer_of(optax.sgd(RATE), **changed)


def test_parameters_of_the_same_number_of_networks(sgd):
    parameters = initial_parameters()
    with pytest.raises(ValueError, match="first axis of all parameters"):
        sgd.begun(parameters | {"readout.tau_mem": np.float32(0.01)})
    with pytest.raises(ValueError, match="first axis of all parameters"):
        sgd.begun(parameters | {"input_hidden.w": parameters["input_hidden.w"][:1]})
    with pytest.raises(ValueError, match=r"'input_hidden\.w' has shape"):
        sgd.begun(parameters | {"input_hidden.w": parameters["input_hidden.w"][:, 1:]})


def spikes_of_each_own_units():
    """Return samples whose events have units of their own, as recorded data have."""
    rng = np.random.default_rng(5)
    step, unit = rng.integers(0, STEPS + 1, (N, 9)), rng.integers(0, INPUTS, (N, 9))
    return InputSpikes(jnp.asarray(step), jnp.asarray(unit), INPUTS)


@pytest.mark.parametrize("kind", ["latencies", "events", "dense"])
def test_evaluation_against_a_plain_loop(sgd, kind):
    """Nineteen samples in pieces of four; no sample of the last class."""
    samples = spikes_of_each_own_units() if kind == "events" else data()[0]
    inputs = samples if kind != "dense" else np.asarray(samples.dense(STEPS))
    labels = np.random.default_rng(3).integers(0, CLASSES - 1, N)
    state = sgd.begun(initial_parameters())
    evaluation = sgd.evaluate(state, inputs, labels, layers=("hidden",))

    run = jax.jit(network_to_train(), static_argnames=("steps", "record"))
    for network in range(2):
        parameters = one(state.parameters, network)
        outputs = run(parameters, samples, steps=STEPS, record=("readout.v", "hidden.spikes"))
        traces = np.asarray(outputs["readout.v"], float).swapaxes(0, 1)
        counts = np.asarray(outputs["hidden.spikes"].sum(axis=0))
        confusion, loss = np.zeros((CLASSES, CLASSES), int), 0.0
        total = np.zeros((CLASSES, HIDDEN))
        for trace, label, count in zip(traces, labels, counts, strict=True):
            confusion[label, trace.max(axis=0).argmax()] += 1
            losses = np.log(np.exp(trace).sum(axis=1)) - trace[:, label]
            loss += losses.mean() + 0.02 * count.sum()
            total[label] += count
        assert evaluation.loss[network] == pytest.approx(loss / N, rel=ROUNDING_TOLERANCE)
        np.testing.assert_array_equal(evaluation.confusion[network], confusion)
        sizes = np.bincount(labels, minlength=CLASSES)[:, None]
        with np.errstate(invalid="ignore"):
            expected = total / sizes
        np.testing.assert_allclose(evaluation.spikes["hidden"][network], expected, rtol=1e-6)
        assert evaluation.accuracy[network] == np.trace(confusion) / N
        np.testing.assert_allclose(
            evaluation.class_accuracy[network],
            [confusion[c, c] / sizes[c, 0] if sizes[c] else np.nan for c in range(CLASSES)],
        )
        assert counts.sum() > 20


def test_recording_of_one_network(sgd):
    """Samples first, as in data sets."""
    samples, _ = data()
    parameters = one(initial_parameters(), 1)
    traces = sgd.record(parameters, samples, "hidden.spikes")
    expected = network_to_train()(parameters, samples, steps=STEPS, record=["hidden.spikes"])
    np.testing.assert_array_equal(traces, np.swapaxes(expected["hidden.spikes"], 0, 1))
    assert traces.shape == (N, STEPS, HIDDEN)


@pytest.mark.parametrize("signed", [False, True])
def test_a_last_update_that_is_no_number_is_noticed(signed):
    """The loss is taken before the update, and clamping makes 0 of -inf: neither may hide it."""
    trainer = trainer_of(optax.sgd(1e39), batch=N)
    signs = {"input_hidden.w": np.ones((1, 1, 1), np.float32)} if signed else None
    with pytest.raises(DivergedError, match="epoch 1, batch 1"):
        trainer.epoch(trainer.begun(initial_parameters(1)), *data(), seed=0, number=1, signs=signs)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"signs": {"hiden_readout.w": np.ones((2, 1, 1))}}, "unknown parameter 'hiden_readout.w'"),
        ({"noise": np.zeros(3)}, r"noise has shape \(3,\) for 2 networks"),
        ({"seed": 2**40}, "seed must lie in"),
    ],
)
def test_wrong_arguments_of_an_epoch(without_learning, arguments, message):
    state = without_learning.begun(initial_parameters())
    with pytest.raises(ValueError, match=message):
        without_learning.epoch(state, *data(), **({"seed": 0, "number": 1} | arguments))


def test_labels_are_checked_wherever_they_come_in(without_learning):
    state, (samples, labels) = without_learning.begun(initial_parameters()), data()
    with pytest.raises(ValueError, match="is out of range"):
        without_learning.epoch(state, samples, labels + CLASSES, seed=0, number=1)
    with pytest.raises(ValueError, match="is out of range"):
        without_learning.evaluate(state, samples, labels - CLASSES)


def test_a_readout_has_a_neuron_a_class():
    with pytest.raises(ValueError, match="layer 'readout' has 3 neurons for 4 classes"):
        trainer_of(optax.sgd(RATE), classes=4)
