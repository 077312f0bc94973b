"""Surrogate-gradient training in PyTorch, written as its tutorials teach: ms of a batch.

The peer of bionet's own. For any Python with torch and numpy; bionet is not imported. The network
is that of Kilgore et al. (arXiv 2404.15627, eq. 1-3), in the style of SpyTorch's second tutorial:
dense one-hot spikes (256 images, 100 steps of 1 ms, 784 inputs), one product with W1 for all steps,
a Python loop over the steps of each layer, every state recorded, gradients by autograd.

    S_t = H(V_t - 1);  I_{t+1} = a I_t + x_t W1;  V_{t+1} = (b V_t + I_t)(1 - S_t)
    J_{t+1} = a J_t + S_t W2;  O_{t+1} = b O_t + J_t;  logits = max over t = 0..100 of O_t

All states are 0 at t = 0, so no logit is below 0; of equal maxima the first one takes the gradient.
a = exp(-1/5), b = exp(-1/10). The reset has no gradient; dS/dV = 1/(1 + 100 |V - 1|)^2. The loss is
the mean over the batch of the negative log of the label's softmax. After each step of plain SGD, at
rate 0.01, weights that crossed zero are set to zero (Dale). Batches keep the file's order. float32.

With ``--unbind`` a product is taken apart into its steps at once, not one slice after another: the
same numbers, but no gradient as large as the whole product is added up for each step.

    python pytorch_network.py --latencies FILE.npz --batches 10 --repeats 5 --threads 1
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

BATCH_SIZE = 256
N_STEPS = 100
ALPHA = math.exp(-1 / 5)
BETA = math.exp(-1 / 10)
SURROGATE_SCALE = 100.0
LEARNING_RATE = 0.01
WARM_UP_BATCHES = 2
MILLISECOND = 1e-3


class FastSigmoidSpike(torch.autograd.Function):
    """A step function of the potential above threshold, with a fast sigmoid's derivative."""

    @staticmethod
    def forward(ctx, above_threshold: torch.Tensor) -> torch.Tensor:
        """Return 1 where there is a spike, else 0."""
        ctx.save_for_backward(above_threshold)
        return (above_threshold > 0).float()

    @staticmethod
    def backward(ctx, gradient: torch.Tensor) -> torch.Tensor:
        """Return the gradient with respect to the potential."""
        (above_threshold,) = ctx.saved_tensors
        return gradient / (1 + SURROGATE_SCALE * above_threshold.abs()) ** 2


@dataclass(frozen=True)
class Task:
    """What the file holds.

    Attributes
    ----------
    latencies : numpy.ndarray
        Step of each input's one spike, `N_STEPS` or more for none, images x inputs.
    labels : numpy.ndarray
        Class of each image.
    w1, w2 : torch.Tensor
        Weights before learning, inputs x hidden and hidden x classes.
    excitatory : torch.Tensor
        Of each hidden neuron, whether it is; the others are inhibitory.
    """

    latencies: np.ndarray
    labels: np.ndarray
    w1: torch.Tensor
    w2: torch.Tensor
    excitatory: torch.Tensor

    @classmethod
    def read(cls, file: Path) -> Task:
        """Read an npz file with arrays of these names.

        Raises
        ------
        SystemExit
            If one is missing, or their shapes do not fit.
        """
        with np.load(file) as arrays:
            missing = {"latencies", "labels", "w1", "w2", "excitatory"} - set(arrays)
            if missing:
                sys.exit(f"{file} lacks {', '.join(sorted(missing))}")
            latencies = arrays["latencies"]
            labels = arrays["labels"].astype(np.int64)
            w1, w2 = (torch.tensor(arrays[name], dtype=torch.float32) for name in ("w1", "w2"))
            excitatory = torch.tensor(arrays["excitatory"], dtype=torch.bool)
        shapes = {
            "labels": (labels.shape, latencies.shape[:1]),
            "rows of w1": (w1.shape[:1], latencies.shape[1:]),
            "rows of w2": (w2.shape[:1], w1.shape[1:]),
            "excitatory": (excitatory.shape, w1.shape[1:]),
        }
        for name, (shape, wanted) in shapes.items():
            if tuple(shape) != tuple(wanted):
                sys.exit(f"{file}: {name} has shape {tuple(shape)}, must be {tuple(wanted)}")
        return cls(latencies, labels, w1, w2, excitatory)

    def batches(self, number: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield dense spikes, images x steps x inputs, and labels of the first batches."""
        for first in range(0, number * BATCH_SIZE, BATCH_SIZE):
            chosen = slice(first, first + BATCH_SIZE)
            yield dense_spikes(self.latencies[chosen]), torch.from_numpy(self.labels[chosen])


def dense_spikes(latencies: np.ndarray) -> torch.Tensor:
    """Return one-hot spikes, images x steps x inputs, gathered image by image as in the tutorials.

    Parameters
    ----------
    latencies : numpy.ndarray
        Images x inputs.
    """
    n_images, n_inputs = latencies.shape
    units = np.arange(n_inputs)
    images_of, steps_of, units_of = [], [], []
    for image, steps in enumerate(latencies):
        spiking = steps < N_STEPS
        images_of.extend([image] * int(spiking.sum()))
        steps_of.extend(steps[spiking].tolist())
        units_of.extend(units[spiking].tolist())
    indices = torch.tensor([images_of, steps_of, units_of], dtype=torch.long)
    ones = torch.ones(len(images_of))
    shape = (n_images, N_STEPS, n_inputs)
    # said in so many words, else torch warns
    return torch.sparse_coo_tensor(indices, ones, shape, check_invariants=False).to_dense()


def each_step(product: torch.Tensor, unbind: bool) -> Iterable[torch.Tensor]:
    """Return what each step receives, images x neurons, of images x steps x neurons."""
    return product.unbind(1) if unbind else (product[:, t] for t in range(N_STEPS))


def hidden_layer(
    inputs: torch.Tensor, w1: torch.Tensor, unbind: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return potentials and spikes, images x steps x hidden."""
    h1 = torch.einsum("abc,cd->abd", inputs, w1)
    syn = torch.zeros(len(inputs), w1.shape[1])
    mem = torch.zeros_like(syn)
    potentials, spikes = [], []
    for received in each_step(h1, unbind):
        out = FastSigmoidSpike.apply(mem - 1.0)
        rst = out.detach()
        potentials.append(mem)
        spikes.append(out)
        # eq. 1-2: the potential takes the current from before this step's input
        mem, syn = (BETA * mem + syn) * (1.0 - rst), ALPHA * syn + received
    return torch.stack(potentials, dim=1), torch.stack(spikes, dim=1)


def readout_layer(spikes: torch.Tensor, w2: torch.Tensor, unbind: bool) -> torch.Tensor:
    """Return potentials, images x steps + 1 x classes, that before the first step included."""
    h2 = torch.einsum("abc,cd->abd", spikes, w2)
    syn = torch.zeros(len(spikes), w2.shape[1])
    mem = torch.zeros_like(syn)
    potentials = [mem]
    for received in each_step(h2, unbind):
        # eq. 3
        mem, syn = BETA * mem + syn, ALPHA * syn + received
        potentials.append(mem)
    return torch.stack(potentials, dim=1)


@dataclass(frozen=True)
class Forward:
    """What a batch gives: ``loss``, ``logits`` (images x classes), ``spikes`` of the hidden."""

    loss: torch.Tensor
    logits: torch.Tensor
    spikes: torch.Tensor


class Learner:
    """The network while it learns.

    Parameters
    ----------
    task : Task
        Weights are copied from it.
    unbind : bool
        How steps are taken from a product, see `each_step`.
    """

    def __init__(self, task: Task, unbind: bool):
        self.w1 = task.w1.clone().requires_grad_()
        self.w2 = task.w2.clone().requires_grad_()
        self.excitatory, self.unbind = task.excitatory, unbind

    def forward(self, inputs: torch.Tensor, labels: torch.Tensor) -> Forward:
        """Return loss, logits and spikes of a batch."""
        _, spikes = hidden_layer(inputs, self.w1, self.unbind)
        logits, _ = torch.max(readout_layer(spikes, self.w2, self.unbind), dim=1)
        log_probabilities = torch.log_softmax(logits, dim=1)
        return Forward(torch.nn.functional.nll_loss(log_probabilities, labels), logits, spikes)

    def learn(self, inputs: torch.Tensor, labels: torch.Tensor) -> float:
        """Learn from a batch; return its loss before."""
        optimizer = torch.optim.SGD([self.w1, self.w2], lr=LEARNING_RATE)
        loss = self.forward(inputs, labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        self._obey_dale()
        return loss.item()

    @torch.no_grad()
    def _obey_dale(self) -> None:
        self.w1.copy_(torch.relu(self.w1))
        excitatory = self.excitatory[:, None]
        self.w2.copy_(torch.where(excitatory, torch.relu(self.w2), -torch.relu(-self.w2)))


@dataclass
class Pass:
    """Learning from the first batches, from the file's weights on; times are means, in ms."""

    learner: Learner
    losses: list[float] = field(default_factory=list)
    per_batch: float = 0.0
    per_batch_with_input: float = 0.0
    cpu_per_batch: float = 0.0


def learn_from(task: Task, n_batches: int, unbind: bool) -> Pass:
    """Return a pass: with the input, the time in which the spikes are made dense counts too."""
    done = Pass(Learner(task, unbind))
    scale = 1 / (n_batches * MILLISECOND)
    begin = time.perf_counter()
    for inputs, labels in task.batches(n_batches):
        ready, cpu_ready = time.perf_counter(), time.process_time()
        done.losses.append(done.learner.learn(inputs, labels))
        done.per_batch += (time.perf_counter() - ready) * scale
        done.cpu_per_batch += (time.process_time() - cpu_ready) * scale
    done.per_batch_with_input = (time.perf_counter() - begin) * scale
    return done


def save_gradients(task: Task, file: Path, unbind: bool) -> None:
    """Save what the first batch gives before learning.

    Arrays ``w1`` and ``w2`` (gradients of the mean loss), ``loss``, ``logits`` (images x classes)
    and ``spike_counts`` (images x hidden).
    """
    learner = Learner(task, unbind)
    result = learner.forward(*next(task.batches(1)))
    result.loss.backward()
    np.savez(
        file,
        w1=learner.w1.grad.numpy(),
        w2=learner.w2.grad.numpy(),
        loss=result.loss.item(),
        logits=result.logits.detach().numpy(),
        spike_counts=result.spikes.detach().sum(dim=1).numpy(),
    )


def main(arguments: list[str] | None = None) -> None:
    """Measure and print one line of JSON."""
    options = _options(arguments)
    torch.set_num_threads(options.threads)
    task = Task.read(options.latencies)
    available = len(task.latencies) // BATCH_SIZE
    if not 1 <= options.batches <= available:
        sys.exit(f"--batches: must be from 1 to {available}, as many as {options.latencies} holds")
    if options.check_gradient:
        save_gradients(task, options.check_gradient, options.unbind)
    learn_from(task, min(WARM_UP_BATCHES, options.batches), options.unbind)
    passes = [learn_from(task, options.batches, options.unbind) for _ in range(options.repeats)]
    record = {
        "ms_per_batch": [p.per_batch for p in passes],
        "ms_per_batch_with_input": [p.per_batch_with_input for p in passes],
        "cpu_ms_per_batch": [p.cpu_per_batch for p in passes],
        "unbind": options.unbind,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "losses": passes[0].losses,
        "w1_after": torch.linalg.norm(passes[0].learner.w1).item(),
        "w2_after": torch.linalg.norm(passes[0].learner.w2).item(),
    }
    print(json.dumps(record))


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--latencies", type=Path, required=True, help="npz: images, weights")
    parser.add_argument("--batches", type=int, default=10, help=f"of {BATCH_SIZE} images, a pass")
    parser.add_argument("--repeats", type=int, default=5, help="passes, each from the same weights")
    parser.add_argument("--threads", type=int, default=1, help="of torch")
    parser.add_argument("--unbind", action="store_true", help="take steps apart at once")
    parser.add_argument(
        "--check-gradient", type=Path, help="npz for the first batch's gradients before learning"
    )
    options = parser.parse_args(arguments)
    for name in ("repeats", "threads"):
        if getattr(options, name) < 1:
            parser.error(f"--{name}: must be at least 1")
    return options


if __name__ == "__main__":
    main()
