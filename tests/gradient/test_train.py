"""Training with checkpoints, behaviour: exact resume, what is refused, what a failure leaves.

Four input units, three hidden neurons, two classes; compiled once for the whole module.
"""

import numpy as np
import pytest

pytest.importorskip("jax")
pytest.importorskip("optax")

import jax
import jax.numpy as jnp
import optax
from brian2 import ms

from bionet.gradient import (
    CheckpointError,
    Classification,
    Connection,
    DifferentiableNetwork,
    DivergedError,
    Layer,
    Trainer,
    load_checkpoint,
    save_checkpoint,
    train,
)
from bionet.models import LEAKY_READOUT, UNIT_LIF

INPUTS, HIDDEN, CLASSES, STEPS, SAMPLES, BATCH, NETWORKS = 4, 3, 2, 8, 12, 4, 2
BATCHES = SAMPLES // BATCH


def trainer_with(optimiser):
    network = DifferentiableNetwork(
        [Layer("hidden", UNIT_LIF, HIDDEN), Layer("readout", LEAKY_READOUT, CLASSES)],
        [Connection("input", "hidden", "I"), Connection("hidden", "readout", "I")],
        inputs=INPUTS,
        dt=1 * ms,
        record=["readout.v", "hidden.spikes"],
    )
    return Trainer(
        network,
        Classification("readout.v"),
        optimiser,
        steps=STEPS,
        classes=CLASSES,
        batch=BATCH,
        devices=jax.devices()[:1],
    )


@pytest.fixture(scope="module")
def trainer():
    """Give a trainer whose optimiser has a state of its own, which a resume must restore."""
    return trainer_with(optax.adam(0.02))


def drawn(seed):
    """Return samples, the first class with more spikes of the first units, and their labels."""
    rng = np.random.default_rng(seed)
    labels = np.arange(SAMPLES) % CLASSES
    rate = np.where((np.arange(INPUTS) < 2) == (labels[:, None] == 0), 0.8, 0.2)
    spikes = rng.random((SAMPLES, STEPS, INPUTS)) < rate[:, None]
    return spikes.astype(np.float32), labels


@pytest.fixture(scope="module")
def setting():
    """Give what `train` is asked for: two networks, noise, signs, test samples."""
    rng = np.random.default_rng(0)
    w_in = rng.uniform(0.1, 0.4, (NETWORKS, INPUTS, HIDDEN))
    w_out = rng.normal(0, 0.5, (NETWORKS, HIDDEN, CLASSES))
    samples, labels = drawn(1)
    return {
        "parameters": {
            "input_hidden.w": w_in.astype(np.float32),
            "hidden_readout.w": w_out.astype(np.float32),
        },
        "samples": samples,
        "labels": labels,
        "seed": 5,
        "test": drawn(2),
        "layers": ("hidden",),
        "signs": {"input_hidden.w": np.ones((NETWORKS, 1, 1), np.float32)},
        "noise": np.array([0.0, 0.01], np.float32),
        "noise_seeds": np.array([3, 4]),
    }


@pytest.fixture(scope="module")
def uninterrupted(trainer, setting):
    """Give what three epochs without a checkpoint come to."""
    return train(trainer, **setting, epochs=3)


def assert_same(found, expected):
    """Compare states and histories bit by bit."""
    assert jax.tree.structure(found[0]) == jax.tree.structure(expected[0])
    for place, leaf in jax.tree_util.tree_leaves_with_path(expected[0]):
        value = dict(jax.tree_util.tree_leaves_with_path(found[0]))[place]
        assert np.asarray(value).dtype == leaf.dtype, place
        np.testing.assert_array_equal(value, leaf, err_msg=str(place))
    for name in ("loss", "accuracy", "test_loss", "confusion"):
        np.testing.assert_array_equal(getattr(found[1], name), getattr(expected[1], name), name)
    assert found[1].spikes.keys() == expected[1].spikes.keys()
    for layer, spikes in expected[1].spikes.items():
        np.testing.assert_array_equal(found[1].spikes[layer], spikes)


def test_history_has_an_entry_for_every_epoch(uninterrupted):
    """And of the test samples one more, before training."""
    _, history = uninterrupted
    assert history.epochs == 3
    assert history.loss.shape == history.accuracy.shape == (NETWORKS, 3)
    assert history.test_loss.shape == history.test_accuracy.shape == (NETWORKS, 4)
    assert history.confusion.shape == (NETWORKS, 4, CLASSES, CLASSES)
    assert (history.confusion.sum(axis=3) == SAMPLES // CLASSES).all()
    assert history.spikes["hidden"].shape == (NETWORKS, 4, CLASSES, HIDDEN)
    assert (history.loss[:, -1] < history.loss[:, 0]).all()


def test_an_epoch_depends_on_the_seed(trainer, setting, uninterrupted):
    """Its order and noise: of another seed the loss is another one, of the same the same."""
    _, history = train(trainer, **setting, epochs=1)
    np.testing.assert_array_equal(history.loss, uninterrupted[1].loss[:, :1])
    _, other = train(trainer, **setting | {"seed": 6}, epochs=1)
    assert (other.loss != history.loss).any()
    # all seeds that a configuration takes
    assert train(trainer, **setting | {"seed": 2**32 - 1}, epochs=1)[1].epochs == 1


def test_epochs_are_numbered_from_the_first(trainer, setting, tmp_path, monkeypatch):
    """Order and noise follow from the number, so a resume must count on."""
    numbers, epoch = [], Trainer.epoch

    def counted(self, *arguments, number, **options):
        numbers.append(number)
        return epoch(self, *arguments, number=number, **options)

    monkeypatch.setattr(Trainer, "epoch", counted)
    train(trainer, **setting, epochs=2, checkpoint=tmp_path / "checkpoint.npz")
    train(trainer, **setting, epochs=3, checkpoint=tmp_path / "checkpoint.npz")
    assert numbers == [1, 2, 3]


@pytest.mark.parametrize("after", [1, 2])
def test_resume_is_exact(trainer, setting, uninterrupted, tmp_path, after):
    """State and history are bit by bit those of a training that was never stopped."""
    path = tmp_path / "checkpoint.npz"
    train(trainer, **setting, epochs=after, checkpoint=path)
    seen = []
    found = train(trainer, **setting, epochs=3, checkpoint=path, on_epoch=seen.append)
    assert_same(found, uninterrupted)
    assert [history.epochs for history in seen] == list(range(after + 1, 4))
    again = train(trainer, **setting, epochs=3, checkpoint=path, on_epoch=seen.append)
    assert_same(again, uninterrupted)
    assert len(seen) == 3 - after


def test_a_checkpoint_is_written_before_on_epoch_is_called(trainer, setting, tmp_path):
    """What breaks off in it goes on with the next epoch."""
    path = tmp_path / "checkpoint.npz"

    def stop(history):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(trainer, **setting, epochs=3, checkpoint=path, on_epoch=stop)
    seen = []
    train(trainer, **setting, epochs=3, checkpoint=path, on_epoch=seen.append)
    assert [history.epochs for history in seen] == [2, 3]
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_kill_while_writing_leaves_the_checkpoint_before(trainer, setting, tmp_path, monkeypatch):
    """The disk is full at the second epoch: the first one's is there, whole, and nothing else."""
    path = tmp_path / "checkpoint.npz"
    train(trainer, **setting, epochs=1, checkpoint=path)
    before = path.read_bytes()

    def full(file, **arrays):
        file.write(b"PK")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(np, "savez", full)
        train(trainer, **setting, epochs=2, checkpoint=path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_training_without_a_test(trainer, setting, uninterrupted, tmp_path):
    """The same training; what is measured with test samples is empty, also after a resume."""
    path = tmp_path / "checkpoint.npz"
    alone = setting | {"test": None, "layers": ()}
    train(trainer, **alone, epochs=1, checkpoint=path)
    state, history = train(trainer, **alone, epochs=3, checkpoint=path)
    np.testing.assert_array_equal(history.loss, uninterrupted[1].loss)
    for name, value in uninterrupted[0].parameters.items():
        np.testing.assert_array_equal(state.parameters[name], value)
    assert history.test_loss.shape == (NETWORKS, 0)
    assert history.test_accuracy.shape == (NETWORKS, 0)
    assert history.confusion.shape == (NETWORKS, 0, CLASSES, CLASSES)
    assert history.spikes == {}


def changed(setting, name):
    """Return the setting with one number of one part changed."""
    other = dict(setting)
    match name:
        case "samples":
            other["samples"] = setting["samples"].copy()
            other["samples"][-1, -1, -1] += 1
        case "labels":
            other["labels"] = 1 - setting["labels"]
        case "test samples":
            other["test"] = (setting["test"][0] * 2, setting["test"][1])
        case "no test":
            other |= {"test": None, "layers": ()}
        case "layers":
            other["layers"] = ()
        case "initial values":
            w = setting["parameters"]["hidden_readout.w"] + np.float32(1e-3)
            other["parameters"] = {**setting["parameters"], "hidden_readout.w": w}
        case "seed":
            other["seed"] = 6
        case "noise":
            other["noise"] = setting["noise"] * 2
        case "noise seeds":
            other["noise_seeds"] = setting["noise_seeds"][::-1]
        case "signs":
            other["signs"] = None
    return other


PARTS = ("samples", "labels", "test samples", "no test", "layers")
PARTS += ("initial values", "seed", "noise", "noise seeds", "signs")


@pytest.fixture(scope="module")
def written(trainer, setting, tmp_path_factory):
    """Give the checkpoint of a first epoch; tests only read it."""
    path = tmp_path_factory.mktemp("written") / "checkpoint.npz"
    train(trainer, **setting, epochs=1, checkpoint=path)
    return path


@pytest.mark.parametrize("name", PARTS)
def test_the_checkpoint_of_another_training_is_refused(trainer, setting, written, name):
    """One line that names the file, which stays as it was."""
    before = written.read_bytes()
    with pytest.raises(CheckpointError, match=r"another training's \(other samples") as error:
        train(trainer, **changed(setting, name), epochs=2, checkpoint=written)
    assert str(error.value).startswith(f"{written}: ")
    assert written.read_bytes() == before


def test_the_checkpoint_of_more_epochs_is_refused(trainer, setting, written, tmp_path):
    """What is asked for is behind it."""
    with pytest.raises(CheckpointError, match="has 1 epoch behind it; asked for were 0"):
        train(trainer, **setting, epochs=0, checkpoint=written)
    state, history = train(trainer, **setting, epochs=0, checkpoint=tmp_path / "none.npz")
    assert history.epochs == 0
    assert history.test_loss.shape == (NETWORKS, 1)
    np.testing.assert_array_equal(
        state.parameters["input_hidden.w"], setting["parameters"]["input_hidden.w"]
    )


def middle_changed(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]


DAMAGES = {
    "empty": lambda content: b"",
    "its first bytes": lambda content: content[:2],
    "its first half": lambda content: content[: len(content) // 2],
    "a byte changed": middle_changed,
    "text": lambda content: b"not a checkpoint",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_refused(trainer, setting, written, tmp_path, damage):
    """One line that names the file and what to do."""
    path = tmp_path / "checkpoint.npz"
    path.write_bytes(DAMAGES[damage](written.read_bytes()))
    with pytest.raises(CheckpointError) as error:
        train(trainer, **setting, epochs=2, checkpoint=path)
    assert str(error.value) == f"{path}: damaged; remove it to start anew"


def test_pickled_objects_are_not_loaded(trainer, setting, tmp_path):
    """A checkpoint is numbers; one that holds objects is damaged."""
    path = tmp_path / "checkpoint.npz"
    np.savez(path, state=np.array([{}], dtype=object))
    with pytest.raises(CheckpointError, match="damaged"):
        train(trainer, **setting, epochs=2, checkpoint=path)


STATE = {"w": jnp.arange(3.0), "count": jnp.array(2)}


def test_states_go_through_a_checkpoint(tmp_path):
    """With their structure and types; None without a file."""
    path = tmp_path / "checkpoint.npz"
    assert load_checkpoint(path, STATE) is None
    save_checkpoint(path, STATE, loss=[0.5, 0.25])
    state, arrays = load_checkpoint(path, STATE)
    assert state.keys() == STATE.keys()
    for name, value in STATE.items():
        assert state[name].dtype == value.dtype
        np.testing.assert_array_equal(state[name], value)
    assert arrays.keys() == {"loss"}
    assert arrays["loss"].tolist() == [0.5, 0.25]


@pytest.mark.parametrize(
    ("like", "said"),
    [
        ({"w": jnp.arange(4.0), "count": STATE["count"]}, "of shape (3,), expected float32 of"),
        ({"w": jnp.arange(3), "count": STATE["count"]}, "is float32 of shape (3,), expected int32"),
        ({**STATE, "b": jnp.zeros(2)}, "['b'] is nothing, expected float32 of shape (2,)"),
    ],
)
def test_another_state_is_refused(tmp_path, like, said):
    """The line names the array, what it is and what was expected."""
    path = tmp_path / "checkpoint.npz"
    save_checkpoint(path, STATE)
    with pytest.raises(CheckpointError, match="another training's: ") as error:
        load_checkpoint(path, like)
    assert said in str(error.value)
    assert str(error.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.full(SAMPLES, 2), "label 2 of sample 0 is out of range: 2 classes"),
        (np.arange(SAMPLES) - 1, "label -1 of sample 0 is out of range"),
        (np.zeros(SAMPLES - 1, int), "labels have shape (11,) for 12 samples"),
        (np.zeros(SAMPLES), "labels must be integers; found float64"),
    ],
)
@pytest.mark.parametrize("of", ["training", "test"])
def test_wrong_labels_are_refused(trainer, setting, tmp_path, labels, said, of):
    """Of training and of test samples, before anything is trained or written."""
    if of == "training":
        wrong = setting | {"labels": labels}
    else:
        wrong = setting | {"test": (setting["test"][0], labels)}
    with pytest.raises(ValueError) as error:
        train(trainer, **wrong, epochs=1, checkpoint=tmp_path / "checkpoint.npz")
    assert said in str(error.value)
    assert not list(tmp_path.iterdir())


def test_too_few_samples_are_refused(trainer, setting):
    """Nothing would be learned from less than a batch."""
    few = setting | {"samples": setting["samples"][:3], "labels": setting["labels"][:3]}
    with pytest.raises(ValueError, match="a batch of 4 is not filled by 3 samples"):
        train(trainer, **few, epochs=1)


def test_a_loss_that_is_no_number_keeps_the_last_checkpoint(setting, tmp_path):
    """The second update of the second epoch is infinite."""
    at = BATCHES + 1
    trainer = trainer_with(optax.sgd(lambda count: jnp.where(count == at, jnp.inf, 0.01)))
    path, seen = tmp_path / "checkpoint.npz", []
    alone = setting | {"test": None, "layers": ()}
    with pytest.raises(DivergedError) as error:
        train(trainer, **alone, epochs=3, checkpoint=path, on_epoch=seen.append)
    assert (error.value.epoch, error.value.batch) == (2, 2)
    assert "is no longer a number at epoch 2, batch 2" in str(error.value)
    assert error.value.network == 0
    assert [history.epochs for history in seen] == [1]
    state, history = train(trainer, **alone, epochs=1, checkpoint=path)
    assert history.epochs == 1
    assert np.isfinite(history.loss).all()
    assert all(np.isfinite(value).all() for value in state.parameters.values())
