"""Images made inside the network are those that the stimuli describe: closed forms, behaviour."""

import pickle
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from brian2 import Network, NeuronGroup, SpikeMonitor, defaultclock, linked_var, ms, prefs

from bionet.devices import compile_network
from bionet.networks.image_input import image_source, input_group
from bionet.stimuli import bar_fields, correlated_bars, image_bank, scene_patches

SIDE, IMAGES, IMAGE = 3, 400, 0.1
STEPS = 10  # an image; it fades in within the first three

# Counts among some hundred draws stay within so many standard deviations; seeds are fixed.
DEVIATIONS = 4
# A few multiplications and an exponential, of pixels between 0 and 1.
ROUNDING_TOLERANCE = 1e-12
# The pixels of so many images are 72 MB. What the system counts as the peak of a program that is
# started is at least that of the one that starts it, 34 MB here; it varies by some pages of 4 kB.
MANY_IMAGES = 1_000_000
MEMORY_TOLERANCE = 5e6  # bytes


def shown_network(stimulus, steps=STEPS, step=10 * ms):
    """Return inputs that show a stimulus, no layer beneath; ``shown.x`` is recorded for a while."""
    defaultclock.dt = step
    image_steps, fade_steps = steps, 0.3 * steps  # by these names the monitor finds them
    constants = {"tau": 10 * ms, "image_steps": image_steps, "fade_steps": fade_steps}
    layer = NeuronGroup(1, "n_spikes : integer", name="layer", namespace={})
    coding = NeuronGroup(1, "learn_until : second (shared, constant)", name="coding", namespace={})
    image = image_source(stimulus, coding, constants)
    inputs = input_group(stimulus, image, layer, coding, constants)
    recorder = NeuronGroup(
        stimulus.n_inputs,
        "x : 1 (linked)\nrecord_until : second (shared, constant)",
        threshold="t < record_until - dt/4",
        reset="",
        name="recorder",
        namespace=constants,
    )
    recorder.x = linked_var(inputs, "x")
    return Network(
        layer, coding, image, inputs, recorder, SpikeMonitor(recorder, "x", name="shown")
    )


def compiled(stimulus, device, *inputs):
    return compile_network(
        partial(shown_network, stimulus),
        IMAGES * IMAGE,
        device=device,
        inputs=["coding.learn_until", "image.first_number", "recorder.record_until", *inputs],
        outputs=["shown.x"],
    )


def shown(network, inputs, images=IMAGES, seed=0):
    """Return what the inputs receive, (images, STEPS, N_x)."""
    inputs = {"recorder.record_until": images * IMAGE, "coding.learn_until": 0.0} | inputs
    x = network.lasting(images * IMAGE)(inputs, seed)["shown.x"]
    return x.reshape(images, STEPS, -1)


def assert_same(images, expected):
    np.testing.assert_allclose(images, expected, rtol=0, atol=ROUNDING_TOLERANCE)


def assert_fades_in(x):
    """Assert that an image is a blend with the one before for 30 % of its time, then stands."""
    after = x[:, -1]
    before = np.concatenate([np.zeros_like(after[:1]), after[:-1]])
    for step in range(STEPS):
        faded = min(1, (step + 1) / (0.3 * STEPS))
        assert_same(x[:, step], before + faded * (after - before))


def assert_binomial(count, n, probability):
    assert abs(count - n * probability) <= DEVIATIONS * np.sqrt(n * probability * (1 - probability))


@pytest.fixture(scope="module", autouse=True)
def numpy_code():
    """Let the runtime device interpret: these networks run for a fraction of a second."""
    before = prefs.codegen.target
    prefs.codegen.target = "numpy"
    yield
    prefs.codegen.target = before


@pytest.fixture(scope="module")
def bars():
    return compiled(correlated_bars(SIDE), "cpp", "image.p")


def bars_of(images):
    """Return which two bars each image is the union of, (n, 2), the lower number first."""
    fields = bar_fields(SIDE).reshape(2 * SIDE, -1)
    pairs = [(j, k) for k in range(2 * SIDE) for j in range(k + 1)]
    unions = np.array([np.maximum(fields[j], fields[k]) for j, k in pairs])
    assert len(np.unique(unions, axis=0)) == len(pairs)
    equal = np.all(images[:, None] == unions, axis=2)
    assert np.all(equal.sum(axis=1) == 1)
    return np.array(pairs)[equal.argmax(axis=1)]


@pytest.mark.compiles
@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
def test_every_image_is_the_union_of_two_bars(bars, p):
    """Closed form: partners with probability p + (1 - p)/(2 side), coinciding (1 - p)/(2 side)."""
    x = shown(bars, {"image.p": p}, seed=4)
    first, second = bars_of(x[:, -1]).T
    by_chance = (1 - p) / (2 * SIDE)
    assert_binomial(np.sum(second - first == SIDE), IMAGES, p + by_chance)
    assert_binomial(np.sum(first == second), IMAGES, by_chance)
    # a bar is in an image if it is the first, or the second without being the first
    for bar in range(2 * SIDE):
        in_image = np.sum((first == bar) | (second == bar))
        assert_binomial(in_image, IMAGES, (2 - by_chance) / (2 * SIDE))


@pytest.mark.compiles
def test_bars_fade_in_and_are_others_for_another_seed(bars):
    """Behaviour."""
    x = shown(bars, {"image.p": 0.5}, images=50)
    assert_fades_in(x)
    assert not np.array_equal(x, shown(bars, {"image.p": 0.5}, images=50, seed=1))


def test_p_of_the_stimulus_is_the_default():
    """Behaviour: what `correlated_bars` is given holds where no ``image.p`` is."""
    network = compiled(correlated_bars(SIDE, p=1.0), "runtime", "image.p")
    first, second = bars_of(shown(network, {}, images=30)[:, -1]).T
    np.testing.assert_array_equal(second - first, SIDE)


PEAK_MEMORY = """
import pickle, resource, sys
network = pickle.load(sys.stdin.buffer)
assert network({"recorder.record_until": 0.0}).status.name == "COMPLETED"
scale = 1 if sys.platform == "darwin" else 1024
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * scale)
"""


def peak_memory(network):
    """Return the peak resident memory of the program that a call starts, bytes."""
    result = subprocess.run(
        [sys.executable, "-c", PEAK_MEMORY],
        input=pickle.dumps(network),
        capture_output=True,
        check=True,
    )
    return float(result.stdout)


@pytest.mark.compiles
def test_images_need_no_memory(bars):
    """Behaviour: a million images take no more at the peak than ten do."""
    few, many = (peak_memory(bars.lasting(n * IMAGE)) for n in (10, MANY_IMAGES))
    assert few > 0
    assert many - few < MEMORY_TOLERANCE


N_TRAINING, N_TEST, FIRST = 7, 5, 12_345_678


@pytest.fixture(scope="module")
def banks():
    """Return training and test images, no two pixels alike."""
    pixels = np.random.default_rng(0).permutation(6 * (N_TRAINING + N_TEST))
    images = (pixels / pixels.max()).reshape(-1, 2, 3)
    return images[:N_TRAINING], images[N_TRAINING:]


@pytest.fixture(scope="module")
def bank(banks):
    return compiled(image_bank(*banks), "runtime")


# 12*0.1 s is later than 120 steps of 10 ms, in floating point
@pytest.mark.parametrize("learn_until", [12 * 0.1, 1.2, 1.195])
def test_images_come_in_their_order(bank, banks, learn_until):
    """Behaviour: training images from ``first_number`` on, then test images, each again and again.

    Training ends with the step that its end falls into, however the time is rounded.
    """
    x = shown(bank, {"coding.learn_until": learn_until, "image.first_number": FIRST}, images=20)
    training, test = (images.reshape(len(images), -1) for images in banks)
    assert_same(x[:12, -1], training[(FIRST + np.arange(12)) % N_TRAINING])
    assert_same(x[12:, -1], test[np.arange(12, 20) % N_TEST])
    assert_fades_in(x)


def test_images_are_found_whatever_the_step(banks):
    """Behaviour: steps of 7 ms, of which neither an image nor a second is a multiple."""
    network = compile_network(
        partial(shown_network, image_bank(*banks), steps=14, step=7 * ms),
        20 * 0.098,
        device="runtime",
        inputs=["recorder.record_until"],
        outputs=["shown.x"],
    )
    x = network({"recorder.record_until": 2.0})["shown.x"].reshape(20, 14, -1)
    assert_same(x[:, -1], banks[1].reshape(N_TEST, -1)[np.arange(20) % N_TEST])


SCENES = np.random.default_rng(1).normal(0, 0.3, (4, 6, 7))


@pytest.fixture(scope="module")
def patches():
    return compiled(scene_patches(SCENES, side=SIDE, n_test_scenes=1), "cpp")


def places_of(images):
    """Return scene, top and left of each patch: all ON and OFF inputs are f(v) and f(-v) there."""
    windows = np.lib.stride_tricks.sliding_window_view(SCENES, (SIDE, SIDE), axis=(1, 2))
    v = windows.reshape(-1, SIDE**2)
    responses = 1 / (1 + np.exp(-16 * (np.hstack([v, -v]) - 0.15)))
    nearest = np.abs(images[:, None] - responses).max(axis=2).argmin(axis=1)
    assert_same(images, responses[nearest])
    return np.unravel_index(nearest, windows.shape[:3])


@pytest.mark.compiles
def test_patches_are_cut_out_of_the_scenes_that_are_meant(patches):
    """Closed form: anywhere in the first three scenes while learning, then in the last one."""
    learning = IMAGES // 2
    x = shown(patches, {"coding.learn_until": learning * IMAGE}, seed=7)
    assert_fades_in(x)
    scene, top, left = places_of(x[:, -1])
    assert np.all(scene[:learning] < 3)
    assert np.all(scene[learning:] == 3)
    for places, n in ((scene[:learning], 3), (top, 4), (left, 5)):
        for place in range(n):
            assert_binomial(np.sum(places == place), len(places), 1 / n)


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_bars_refuse_what_is_no_probability(p):
    with pytest.raises(ValueError, match=rf"p must lie in \[0, 1\], got {p}"):
        correlated_bars(SIDE, p)


@pytest.mark.parametrize("side", [1, 2.5])
def test_bars_refuse_what_is_no_size(side):
    with pytest.raises(ValueError, match=f"side must be a whole number of at least 2, got {side}"):
        correlated_bars(side)


IMAGES_OF_ZEROS = np.zeros((3, 2, 2))


@pytest.mark.parametrize(
    ("training", "test", "message"),
    [
        (IMAGES_OF_ZEROS + 2, IMAGES_OF_ZEROS, r"training images must have values in \[0, 1\]"),
        (
            IMAGES_OF_ZEROS,
            IMAGES_OF_ZEROS - 0.5,
            r"test images must have values in .*, got -0.5",
        ),
        (IMAGES_OF_ZEROS[0], IMAGES_OF_ZEROS, r"training images must have shape .* got \(2, 2\)"),
        (IMAGES_OF_ZEROS, IMAGES_OF_ZEROS[:0], r"test images must have shape .* got \(0, 2, 2\)"),
        (IMAGES_OF_ZEROS, np.zeros((3, 2, 3)), "training images are 2x2 pixels, test images 2x3"),
        (IMAGES_OF_ZEROS * np.nan, IMAGES_OF_ZEROS, "training images must be finite, image 0"),
    ],
)
def test_bank_refuses_what_are_no_images(training, test, message):
    with pytest.raises(ValueError, match=message):
        image_bank(training, test)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"side": 7}, "a patch of 7x7 does not fit into scenes of 6x7"),
        ({"side": 0}, "side must be a whole number of at least 1, got 0"),
        ({"side": 3, "n_test_scenes": 4}, "must leave a scene to learn from: 1 to 3, got 4"),
        ({"side": 3, "n_test_scenes": 1.5}, "n_test_scenes must be a whole number"),
        ({"side": 3, "slope": float("inf")}, "slope must be a finite number, got inf"),
        ({"side": 3, "shift": "0.15"}, "shift must be a finite number, got '0.15'"),
    ],
)
def test_patches_refuse_what_does_not_fit(options, message):
    with pytest.raises(ValueError, match=message):
        scene_patches(SCENES, **options)


def test_patches_refuse_what_are_no_scenes():
    with pytest.raises(ValueError, match=r"scenes must have shape .* got \(6, 7\)"):
        scene_patches(SCENES[0])
