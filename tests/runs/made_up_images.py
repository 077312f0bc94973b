"""Images that are made up, in the files of Fashion-MNIST, and a sweep of small networks."""

import gzip

import numpy as np

TRAIN, TEST, CLASSES = 24, 20, 10
NETWORKS, EPOCHS, HIDDEN, STEPS = 4, 3, 6, 15

# every second network differs from the one before it in nothing but noise
SWEEP = """
kind = "surrogate_training"
[data]
folder = "{folder}"
steps = 15
[network]
hidden = 6
[sweep]
sigma_init = [0.008]
excitatory = [0.5, 1.0]
noise = [0.0, 0.002]
[training]
epochs = 3
batch = 8
optimiser = "adam"
learning_rate = 0.01
seed = 4000000000
[measurement]
distance_samples = 5
"""


def stripes(n, rng):
    """Return images of n samples, each with a bright stripe at the height of its class."""
    labels = np.arange(n) % CLASSES
    images = np.zeros((n, 28, 28))
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 8] = rng.integers(60, 256, (8, 28))
    return images, labels


def idx(array):
    """Return an array as an idx file of bytes."""
    header = bytes((0, 0, 8, array.ndim)) + np.array(array.shape, dtype=">u4").tobytes()
    return header + array.astype(np.uint8).tobytes()


def write_images(folder, *, train=TRAIN, test=TEST, seed=0):
    """Write training and test images and their labels as the files of Fashion-MNIST."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(seed)
    for split, n in (("train", train), ("t10k", test)):
        images, labels = stripes(n, rng)
        for part, array in (("images-idx3", images), ("labels-idx1", labels)):
            (folder / f"{split}-{part}-ubyte.gz").write_bytes(gzip.compress(idx(array)))
    return folder
