"""Configuration of kind ``surrogate_training``, behaviour: what is refused, what the protocols ask.

And what reaches a network and its trainer.
"""

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from made_up_images import SWEEP, TEST, TRAIN, write_images

from bionet.runs import RunDirectory, read_configuration
from bionet.runs.command import main
from bionet.runs.configuration import to_toml
from bionet.runs.surrogate_configuration import SurrogateTraining
from bionet.runs.surrogate_networks import swept_networks

PROTOCOLS = Path(__file__).parents[2] / "protocols" / "kilgore_2024_ei_ratio"

REFUSED = {
    "unknown table": ("[data]", "[dta]", "dta: unknown key; did you mean 'data'?"),
    "unknown key": ("steps = 15", "step = 15", "data.step: unknown key; did you mean 'steps'?"),
    "table for a key": ("[sweep]", "[sweep.noise]", "sweep.noise: expected"),
    "data set": ("[data]", '[data]\nname = "cifar"', "data.name: expected one of"),
    "type": ("hidden = 6", "hidden = 6.5", "network.hidden: expected an integer"),
    "unit": ("hidden = 6", 'hidden = 6\ntau_mem = "10 mV"', "network.tau_mem: expected a quantity"),
    "no unit": ("hidden = 6", "hidden = 6\ntau_mem = 10", "network.tau_mem: expected a quantity"),
    "no step": ("hidden = 6", 'hidden = 6\nstep = "0 ms"', "network: step must lie in [0.001 ms, "),
    "no neuron": ("hidden = 6", "hidden = 0", "network: hidden must lie in [1, 10000000]; found 0"),
    "delay": ("hidden = 6", "hidden = 6\ndelay = -1", "network: delay must not be negative"),
    "readout": ("hidden = 6", "hidden = 6\nsigma_readout = 0.0", "sigma_readout must lie in"),
    "slope": ("hidden = 6", "hidden = 6\nslope = -1.0", "network: slope must lie in"),
    "infinite": ("hidden = 6", "hidden = 6\nslope = inf", "network: slope must be finite"),
    "surrogate": ("hidden = 6", 'hidden = 6\nsurrogate = "step"', "network.surrogate: expected"),
    "steps": ("steps = 15", "steps = 0", "data: steps must lie in [1, 10000000]"),
    "threshold": (
        "steps = 15",
        "steps = 15\nthreshold = 1.0",
        "data: threshold must lie in (0, 1)",
    ),
    "no sample": ("steps = 15", "steps = 15\ntest = 0", "data: test must lie in [1, 1000000000]"),
    "few samples": ("steps = 15", "steps = 15\ntrain = 7", "data.train = 7 does not fill"),
    "tau": (
        "steps = 15",
        'steps = 15\ntau = "0.5 ms"',
        "data.tau must not be shorter than network",
    ),
    "no width": ("sigma_init = [0.008]", "sigma_init = []", "sigma_init must name at least one"),
    "width": ("sigma_init = [0.008]", "sigma_init = [0.0]", "sweep: sigma_init[0] must lie in"),
    "not a list": ("sigma_init = [0.008]", "sigma_init = 0.008", "sweep.sigma_init: expected"),
    "fraction": (
        "excitatory = [0.5, 1.0]",
        "excitatory = [1.5]",
        "excitatory[0] must lie in",
    ),
    "twice": ("noise = [0.0, 0.002]", "noise = [0.1, 0.1]", "sweep: noise names a value twice"),
    "negative": ("noise = [0.0, 0.002]", "noise = [-0.1]", "sweep: noise[0] must not be negative"),
    "no number": (
        "noise = [0.0, 0.002]",
        "noise = [nan]",
        "sweep.noise[0]: expected a number",
    ),
    "no repeat": ("[sweep]", "[sweep]\nrepeats = 0", "sweep: repeats must lie in [1, 100000]"),
    "no epoch": ("epochs = 3", "epochs = 0", "training: epochs must lie in [1, "),
    "batch": ("batch = 8", "batch = -8", "training: batch must lie in [1, "),
    "rate": ("learning_rate = 0.01", "learning_rate = 0.0", "learning_rate must be positive"),
    "optimiser": ('"adam"', '"momentum"', 'training.optimiser: expected one of "sgd", "adam"'),
    "over time": ("epochs = 3", 'epochs = 3\nover_time = "last"', "training.over_time: expected"),
    "penalty": ("epochs = 3", "epochs = 3\nspike_count = -1.0", "spike_count must not be negative"),
    "none": ("epochs = 3", "epochs = 3\nat_a_time = 0", "training: at_a_time must lie in [1, "),
    "seed": ("seed = 4000000000", "seed = 5000000000", "seed must lie in [0, 4294967295]"),
    "samples": ("distance_samples = 5", "distance_samples = -5", "distance_samples must not be"),
    "distance": ("distance_samples = 5", 'distance_tau = "0 ms"', "distance_tau must lie in"),
}


@pytest.fixture
def images(tmp_path):
    return write_images(tmp_path / "images")


def refused(tmp_path, write, capsys, text):
    """Return the line with which a configuration is refused; nothing is written."""
    out = tmp_path / "run"
    assert main(["run", str(write(text)), "--out", str(out)]) == 2
    said, error = capsys.readouterr()
    assert said == ""
    assert len(error.splitlines()) == 1
    assert not out.exists()
    return error


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_configuration_is_one_line(tmp_path, write, capsys, case):
    """It names the file and the key; exit status 2."""
    old, new, said = REFUSED[case]
    assert SWEEP.count(old) == 1
    line = refused(tmp_path, write, capsys, SWEEP.replace(old, new))
    assert line.startswith(f"bionet: {tmp_path}/config.toml: ")
    assert said in line


def test_everything_has_a_default(write):
    """The first network of the paper; what is written resolved reads back the same."""
    kind, configuration = read_configuration(write('kind = "surrogate_training"\n'))
    assert configuration == SurrogateTraining()
    assert (configuration.data.classes, configuration.data.inputs) == (10, 784)
    _, again = read_configuration(write(to_toml(kind.name, configuration)))
    assert again == configuration


def test_the_resolved_configuration_reads_back(write):
    """The optional keys included."""
    text = SWEEP.replace("steps = 15", 'steps = 15\ntrain = 16\ntest = 3\ntau = "5 ms"')
    text = text.replace("hidden = 6", "hidden = 6\nsigma_readout = 0.1\nreset_gradient = true")
    text = text.replace("[training]", "[training]\nat_a_time = 2")
    kind, configuration = read_configuration(write(text))
    assert configuration.training.at_a_time == 2
    assert configuration.data.tau == 0.005
    _, again = read_configuration(write(to_toml(kind.name, configuration)))
    assert again == configuration


@pytest.mark.parametrize(
    ("name", "networks"), [("rates", 608), ("noise", 1456), ("shd", 576), ("quick", 4)]
)
def test_protocols_train_as_many_networks_as_they_say(name, networks):
    """Which their first lines state where they are many."""
    path = PROTOCOLS / f"{name}.toml"
    kind, configuration = read_configuration(path)
    assert kind.name == "surrogate_training"
    assert len(swept_networks(configuration)) == networks
    stated = re.search(r"(\d+) networks", path.read_text())
    assert stated is None or int(stated[1]) == networks


def test_all_networks_of_a_protocol_differ():
    """By name, and by their random numbers; there are nine protocols."""
    paths = list(PROTOCOLS.glob("*.toml"))
    assert len(paths) == 9
    for path in paths:
        swept = swept_networks(read_configuration(path)[1])
        seeds = {tuple(n.seed(1, noise=True).generate_state(2)) for n in swept}
        assert len(swept) == len({n.name for n in swept}) == len(seeds)


@pytest.mark.parametrize("name", ["rates", "noise"])
def test_reduced_protocols_leave_out_values_alone(name):
    """As many as they say; what they train is trained as in the whole sweep."""
    _, whole = read_configuration(PROTOCOLS / f"{name}.toml")
    path = PROTOCOLS / f"{name}_reduced.toml"
    _, reduced = read_configuration(path)
    assert set(swept_networks(reduced)) < set(swept_networks(whole))
    assert (reduced.data, reduced.network) == (whole.data, whole.network)
    for key in ("epochs", "batch", "optimiser", "learning_rate", "over_time", "seed"):
        assert getattr(reduced.training, key) == getattr(whole.training, key)
    header = re.sub(r"\n# ", " ", path.read_text()).splitlines()[0]
    keys = {"widths": "sigma_init", "noise levels": "noise", "ratios": "excitatory"}
    stated = re.findall(rf"(\d+) of (?:the )?(\d+) ({'|'.join(keys)})", header)
    assert stated
    for few, many, words in stated:
        assert len(getattr(reduced.sweep, keys[words])) == int(few)
        assert len(getattr(whole.sweep, keys[words])) == int(many)
    few, many = re.search(r"(\d+) of (\d+) repeats", header).groups()
    assert (reduced.sweep.repeats, whole.sweep.repeats) == (int(few), int(many))


def remove(name):
    return lambda folder: (folder / name).unlink()


def cut(name):
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:40])


IMAGES = {
    "no folder": (lambda folder: folder.rename(f"{folder}_"), "there is no folder {folder}"),
    "no images": (remove("train-images-idx3-ubyte.gz"), "lacks train-images-idx3-ubyte.gz"),
    "no labels": (remove("t10k-labels-idx1-ubyte.gz"), "lacks t10k-labels-idx1-ubyte.gz"),
    "damaged": (cut("t10k-images-idx3-ubyte.gz"), "t10k-images-idx3-ubyte.gz cannot be read"),
    "too few": (
        lambda folder: write_images(folder, train=7),
        "training.batch: a batch of 8 is not filled by 7 samples",
    ),
}


@pytest.mark.parametrize("case", IMAGES)
def test_wrong_images_are_one_line(tmp_path, write, images, capsys, case):
    """It names the file or the folder; exit status 2, no run directory."""
    pytest.importorskip("jax")
    change, said = IMAGES[case]
    change(images)
    line = refused(tmp_path, write, capsys, SWEEP.format(folder=images))
    assert said.format(folder=images) in line


@pytest.mark.parametrize("package", ["jax", "optax"])
def test_a_missing_package_is_one_line(tmp_path, write, images, capsys, monkeypatch, package):
    """It says what to install."""
    find_spec = importlib.util.find_spec

    def without(name, *arguments):
        return None if name == package else find_spec(name, *arguments)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    line = refused(tmp_path, write, capsys, SWEEP.format(folder=images))
    assert f"kind surrogate_training needs the package '{package}'" in line
    assert "pip install 'bionet[gradient]'" in line


def test_spoken_digits_need_h5py(tmp_path, write, images, capsys, monkeypatch):
    """Images do not."""
    pytest.importorskip("jax")
    monkeypatch.setitem(sys.modules, "h5py", None)
    text = SWEEP.format(folder=images)
    kind, configuration = read_configuration(write(text))
    kind.check(configuration)
    spoken = text.replace("[data]", '[data]\nname = "spiking_heidelberg_digits"')
    line = refused(tmp_path, write, capsys, spoken)
    assert "cannot be read without h5py (pip install 'bionet[gradient]')" in line


def test_images_are_checked_before_a_resume(tmp_path, write, images, capsys):
    """A folder that is gone is told before anything is trained; exit status 2."""
    pytest.importorskip("jax")
    out = tmp_path / "run"
    out.mkdir()
    text = SWEEP.format(folder=images)
    (out / "config.toml").write_text(text)
    images.rename(tmp_path / "elsewhere")
    assert main(["resume", str(out)]) == 2
    assert f"there is no folder {images}" in capsys.readouterr().err
    assert not RunDirectory.open(out).log_path.exists()


def test_images_become_the_spikes_of_the_first_samples(write, images):
    """Closed form: tau ln(x/(x - theta)) in steps; none where there is no light, or too late."""
    pytest.importorskip("jax")
    from bionet.runs.surrogate_networks import spikes_of
    from bionet.stimuli import fashion_mnist

    text = SWEEP.format(folder=images).replace(
        "steps = 15", 'steps = 15\ntrain = 16\ntau = "4 ms"\nthreshold = 0.3'
    )
    _, configuration = read_configuration(
        write(text.replace("[network]", '[network]\nstep="0.5 ms"'))
    )
    for split, kept, there in (("train", 16, TRAIN), ("test", TEST, TEST)):
        spikes, labels = spikes_of(configuration, split)
        everything = fashion_mnist(split, images)
        assert len(everything.labels) == there
        x = everything.images[:kept].reshape(kept, 784).astype(float)
        with np.errstate(all="ignore"):
            step = np.where(x > 0.3, np.floor(8 * np.log(x / (x - 0.3))), 15)
        step = np.minimum(step, 15).astype(int)
        # a rounding error may take a spike over the edge of a step
        assert (np.asarray(spikes.step) == step).mean() > 0.999
        assert (step < 15).any()
        np.testing.assert_array_equal(labels, everything.labels[:kept])


def test_spoken_digits_become_the_spikes_of_the_first_samples(tmp_path, write):
    """Whole samples are kept, with their labels; a file of three."""
    pytest.importorskip("jax")
    h5py = pytest.importorskip("h5py")
    from bionet.runs.surrogate_networks import spikes_of

    times = [[0.1, 0.2, 0.2], [], [1.0, 0.5]]
    units = [[3, 4, 4], [], [699, 0]]
    with h5py.File(tmp_path / "shd_train.h5", "w") as file:
        for name, dtype, lists in (("times", np.float16, times), ("units", np.uint16, units)):
            kind = h5py.vlen_dtype(dtype)
            dataset = file.create_dataset(f"spikes/{name}", (3,), dtype=kind)
            for sample, values in enumerate(lists):
                dataset[sample] = np.array(values, dtype)
        file["labels"] = np.array([19, 0, 7], np.uint16)
    text = f"""
    kind = "surrogate_training"
    [data]
    name = "spiking_heidelberg_digits"
    folder = "{tmp_path}"
    steps = 11
    duration = "1 s"
    train = 2
    [training]
    batch = 2
    """
    _, configuration = read_configuration(write(text))
    assert (configuration.data.classes, configuration.data.inputs) == (20, 700)
    spikes, labels = spikes_of(configuration, "train")
    counts = np.asarray(spikes.dense(11))
    assert labels.tolist() == [19, 0]
    assert counts.shape == (2, 11, 700)
    assert counts.sum(axis=(1, 2)).tolist() == [3, 0]
    assert counts[0, :, 4].max() == 2


def test_every_setting_reaches_the_network_and_its_trainer(write):
    """Constants in SI units, the surrogate, delays, penalties, the size of a batch."""
    pytest.importorskip("jax")
    pytest.importorskip("optax")
    from brian2 import ms

    from bionet.gradient import SpikeCount, UnitSpikeCount
    from bionet.runs.surrogate_networks import begin_on_devices, trainer_of

    text = SWEEP.replace(
        "hidden = 6",
        'hidden = 6\nstep = "0.5 ms"\ntau_mem = "20 ms"\ntau_syn = "4 ms"\ndelay = 3\n'
        'surrogate = "exponential"\nslope = 7.0\nreset_gradient = true',
    ).replace(
        "[training]",
        '[training]\nover_time = "each_step"\nspike_count = 0.25\nunit_spike_count = 0.5',
    )
    _, configuration = read_configuration(write(text))
    trainer = trainer_of(configuration, begin_on_devices(workers=1))
    assert (trainer.steps, trainer.classes, trainer.batch) == (15, 10, 8)
    penalties = (SpikeCount("hidden", 0.25), UnitSpikeCount("hidden", 0.5))
    assert trainer.objective.regularisers == penalties
    assert trainer.objective.over_time == "each_step"
    network = trainer.network
    assert network.weights == {"input_hidden.w": (784, 6), "hidden_readout.w": (6, 10)}
    assert [connection.delay for connection in network.connections] == [3, 3]
    assert network.dt == 0.5 * ms
    for layer in network.layers.values():
        parameters = layer.model.parameters
        assert (parameters["tau_mem"], parameters["tau_syn"]) == (20 * ms, 4 * ms)
    hidden = network.layers["hidden"]
    assert hidden.surrogate.name == "exponential"
    assert hidden.surrogate.slope == 7.0
    assert hidden.reset_gradient is True
