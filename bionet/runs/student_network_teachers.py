"""The teachers and the students of a ``student_network`` run, a pair for each seed.

A teacher's hidden neurons share their parameters, so that exchanging them (and their output
weights) changes nothing. Its gains are found on a grid, the rate between grid points being taken
as linear. The student is drawn from the same prior with gain 1; it knows the teacher's neurons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bionet.errors import BionetError
from bionet.runs.student_network_configuration import StudentNetwork
from bionet.runs.student_network_priors import (
    DRIVEN,
    MEAN_WEIGHT,
    Neurons,
    draw_neurons,
    draw_weights,
)

if TYPE_CHECKING:
    from bionet.gradient import DifferentiableNetwork

__all__ = [
    "HIDDEN",
    "OUTPUT",
    "W_IN",
    "W_OUT",
    "Pairs",
    "draw_pairs",
    "input_rates",
    "poisson",
    "two_layers",
]

HIDDEN, OUTPUT = "hidden", "output"
W_IN, W_OUT = f"input_{HIDDEN}.w", f"{HIDDEN}_{OUTPUT}.w"

#: Gains of excitatory weights that are tried; a rate that needs more is drawn anew.
GAINS = np.linspace(0.1, 2.5, 25)
#: Teachers of a seed that are tried at a time, and how many times.
CANDIDATES, ATTEMPTS = 8, 20


class TeacherError(BionetError):
    """Teachers that cannot be found; says for which seed."""


@dataclass(frozen=True)
class Pairs:
    """Teachers and the students that begin, S of them.

    Attributes
    ----------
    teacher, student : dict of str to array, (S, ...)
        Parameters of the network, weights included.
    scale : dict of str to array, (S, 1, 1)
        The typical weight of each connection, by which learning rates are multiplied.
    student_neurons : dict of str to array, (S,)
        Neurons drawn for a student that does not know the teacher's.
    """

    teacher: dict[str, np.ndarray]
    student: dict[str, np.ndarray]
    scale: dict[str, np.ndarray]
    student_neurons: dict[str, np.ndarray]

    @property
    def kappa(self) -> dict[str, np.ndarray]:
        """Weights of which a lone spike brings a neuron to threshold, by connection, (S, 1, 1)."""
        return {W_IN: self.scale[W_IN] / MEAN_WEIGHT, W_OUT: self.scale[W_OUT]}


def two_layers(configuration: StudentNetwork) -> DifferentiableNetwork:
    """Return the network of teachers and students."""
    from brian2 import second

    from bionet import models
    from bionet.gradient import Connection, DifferentiableNetwork, Layer, fast_sigmoid

    table = configuration.network
    model, driven = getattr(models, table.model.upper()), DRIVEN[table.model]
    surrogate = fast_sigmoid(configuration.rule.slope)
    through_resets = {"reset_gradient": configuration.rule.reset_gradient}
    return DifferentiableNetwork(
        [
            Layer(HIDDEN, model, table.hidden, surrogate, **through_resets),
            Layer(OUTPUT, model, 1, surrogate, **through_resets),
        ],
        [Connection("input", HIDDEN, driven), Connection(HIDDEN, OUTPUT, driven)],
        inputs=table.inputs,
        dt=table.step * second,
        record=[f"{HIDDEN}.spikes", f"{OUTPUT}.spikes"],
    )


def input_rates(configuration: StudentNetwork) -> np.ndarray:
    """Return the rates of all inputs, excitatory first, (inputs,), Hz."""
    table = configuration.network
    return np.repeat(
        [table.excitatory_rate, table.inhibitory_rate], [table.excitatory, table.inhibitory]
    )


def poisson(key, configuration: StudentNetwork, batch: int, steps: int):
    """Return at most one spike an input and step, (batch, steps, inputs), as float32.

    Parameters
    ----------
    key : jax.random key
    configuration : StudentNetwork
    batch, steps : int
    """
    import jax
    import jax.numpy as jnp

    table = configuration.network
    below = jnp.asarray(np.rint(input_rates(configuration) * table.step * 2**16), jnp.uint16)
    draws = jax.random.bits(key, (batch, steps, table.inputs), jnp.uint16)
    return (draws < below).astype(jnp.float32)


def draw_pairs(configuration: StudentNetwork) -> Pairs:
    """Draw the teacher and the student of every seed.

    Raises
    ------
    TeacherError
        If no teacher fires as it should.
    """
    import jax

    training = configuration.training
    rngs = [np.random.default_rng([training.seed, s]) for s in range(training.seeds)]
    key = jax.random.fold_in(jax.random.key(training.seed), 2**31)
    rates = _Rates(configuration, key)
    teachers: dict[int, dict] = {}
    for _ in range(ATTEMPTS):
        open_ = [s for s in range(training.seeds) if s not in teachers]
        if not open_:
            break
        drawn = [_candidate(rngs[s], configuration) for s in open_ for _ in range(CANDIDATES)]
        found = rates.with_gains(drawn, configuration)
        for s, seed in enumerate(open_):
            accepted = [c for c in found[s * CANDIDATES : (s + 1) * CANDIDATES] if c is not None]
            if accepted:
                teachers[seed] = accepted[0]
    else:
        missing = [s for s in range(training.seeds) if s not in teachers]
        if missing:
            raise TeacherError(
                f"seed {missing[0]}: none of {ATTEMPTS * CANDIDATES} teachers has the rates that "
                "teacher.hidden_rate and teacher.output_rate ask for"
            )
    pairs = [_pair(rngs[s], configuration, teachers[s]) for s in range(training.seeds)]
    return Pairs(*[{n: np.stack([p[k][n] for p in pairs]) for n in pairs[0][k]} for k in range(4)])


def _candidate(rng, configuration: StudentNetwork) -> dict:
    """Draw a teacher whose gains are not known yet."""
    table, teacher = configuration.network, configuration.teacher
    return {
        HIDDEN: draw_neurons(rng, table.model),
        OUTPUT: draw_neurons(rng, table.model),
        "w_in": draw_weights(rng, table.excitatory, table.inhibitory, table.hidden),
        "w_out": rng.uniform(*teacher.output_weight, (table.hidden, 1)),
        "rate": rng.uniform(*teacher.hidden_rate, table.hidden),
    }


def _pair(rng, configuration: StudentNetwork, found: dict) -> tuple[dict, ...]:
    """Return what `Pairs` has of one seed."""
    table = configuration.network
    kappas = {W_IN: found[HIDDEN].kappa, W_OUT: found[OUTPUT].kappa}
    teacher = _parameters(found)
    student = _parameters(
        found
        | {
            "w_in": draw_weights(rng, table.excitatory, table.inhibitory, table.hidden),
            "w_out": rng.uniform(*configuration.teacher.output_weight, (table.hidden, 1)),
        }
    )
    scale = {
        W_IN: np.full((1, 1), kappas[W_IN] * MEAN_WEIGHT, np.float32),
        W_OUT: np.full((1, 1), kappas[W_OUT], np.float32),
    }
    other = {name: draw_neurons(rng, table.model) for name in (HIDDEN, OUTPUT)}
    return teacher, student, scale, _neuron_parameters(other)


def _parameters(found: dict) -> dict[str, np.ndarray]:
    weights = {
        W_IN: (found[HIDDEN].kappa * found["w_in"]).astype(np.float32),
        W_OUT: (found[OUTPUT].kappa * found["w_out"]).astype(np.float32),
    }
    return weights | _neuron_parameters(found)


def _neuron_parameters(found: dict[str, Neurons]) -> dict[str, np.ndarray]:
    return {
        f"{layer}.{name}": np.float32(value)
        for layer in (HIDDEN, OUTPUT)
        for name, value in found[layer].parameters.items()
    }


class _Rates:
    """Simulates candidates on one common input, to find their gains and their rates."""

    def __init__(self, configuration: StudentNetwork, key):
        import jax

        steps = round(configuration.teacher.duration / configuration.network.step)
        inputs = poisson(key, configuration, 1, steps)
        network = two_layers(configuration)
        per_second = 1 / configuration.network.step

        def rates(parameters):
            spikes = network(parameters, inputs)
            return {name: per_second * train.mean(axis=(0, 1)) for name, train in spikes.items()}

        self._rates = jax.jit(jax.vmap(rates))
        self._of_gains = jax.jit(
            lambda p, gains: jax.lax.map(
                lambda gain: jax.vmap(rates)({**p, W_IN: p[W_IN] * gain})[f"{HIDDEN}.spikes"], gains
            )
        )

    def with_gains(self, candidates: list[dict], configuration: StudentNetwork) -> list:
        """Return candidates with their gains on; None for those whose rates are out of range."""
        parameters = [_parameters(c) for c in candidates]
        stacked = {n: np.stack([p[n] for p in parameters]) for n in parameters[0]}
        excitatory = configuration.network.excitatory
        gains = np.ones((GAINS.size, configuration.network.inputs, 1), np.float32)
        gains[:, :excitatory, 0] = GAINS[:, None]
        rates = np.asarray(self._of_gains(stacked, gains))  # (gains, candidates, hidden)
        for k, candidate in enumerate(candidates):
            gain = [_gain(rates[:, k, j], rate) for j, rate in enumerate(candidate["rate"])]
            candidate["w_in"][:excitatory] *= gain
        parameters = [_parameters(c) for c in candidates]
        stacked = {n: np.nan_to_num(np.stack([p[n] for p in parameters])) for n in parameters[0]}
        output = np.asarray(self._rates(stacked)[f"{OUTPUT}.spikes"])[:, 0]
        low, high = configuration.teacher.output_rate
        return [
            c if np.isfinite(c["w_in"]).all() and low <= rate <= high else None
            for c, rate in zip(candidates, output, strict=True)
        ]


def _gain(rates: np.ndarray, wanted: float) -> float:
    """Return the gain at which a rate is reached; NaN where none is large enough."""
    reached = np.flatnonzero(rates >= wanted)
    if not reached.size or reached[0] == 0:
        return np.nan
    k = reached[0]
    return float(np.interp(wanted, rates[k - 1 : k + 1], GAINS[k - 1 : k + 1]))
