"""Teachers of a ``student_neuron`` run, which fire at rates of their own, and students of them.

A teacher's excitatory weights are multiplied by a gain that brings it to a rate drawn for it; where
more than 2.5 would be needed, teacher and rate are drawn again (Braun & Vogels 2021). A student
begins with weights of its own and gain 1, and does not know which inputs inhibit. Parameters that
it does not learn are its teacher's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bionet.runs.student_neuron_priors import LearnedNeuron, draw_weights

if TYPE_CHECKING:
    from bionet.gradient.neuron import DifferentiableNeuron
    from bionet.runs.student_neuron_configuration import InputTable

__all__ = ["draw_students", "draw_teachers"]

LARGEST_GAIN = 2.5
#: Teachers that are drawn for a seed before it is seen which fires at its rate.
TOGETHER = 8
#: How finely the gain is found: 2.5/2**HALVINGS.
HALVINGS = 10
#: What is simulated to know a rate, s.
RATE_DURATION = 100.0


def draw_teachers(
    known: LearnedNeuron, neuron: DifferentiableNeuron, inputs: InputTable, seeds: list[list[int]]
) -> dict[str, np.ndarray]:
    """Return a teacher for each seed.

    Parameters
    ----------
    known : LearnedNeuron
    neuron : DifferentiableNeuron
        Of its model.
    inputs : InputTable
    seeds : list of list of int
        What each teacher's random numbers follow from.

    Returns
    -------
    dict of str to array
        ``w``, (inputs, teachers), the model's parameters, ``rate`` that was drawn (Hz) and
        ``gain``, (teachers,) each.
    """
    found: list[dict | None] = [None] * len(seeds)
    part = 0
    while waiting := [k for k, teacher in enumerate(found) if teacher is None]:
        drawn = [
            _candidate(known, inputs, np.random.default_rng([*seeds[k], 0, part, number]))
            for k in waiting
            for number in range(TOGETHER)
        ]
        gains = _gains(known, neuron, drawn).reshape(len(waiting), TOGETHER)
        for row, k in enumerate(waiting):
            if (enough := np.flatnonzero(gains[row] <= LARGEST_GAIN)).size:
                first = int(enough[0])
                found[k] = drawn[row * TOGETHER + first] | {"gain": gains[row, first]}
        part += 1
    signs = inputs.signs
    weights = [t["w"] * np.where(signs > 0, t["gain"], 1) for t in found]
    names = (*known.parameters, "rate", "gain")
    return {"w": np.stack(weights, axis=-1)} | {
        name: np.array([t[name] for t in found]) for name in names
    }


def draw_students(
    known: LearnedNeuron, inputs: InputTable, teachers: dict, seeds: list[list[int]], learned
) -> dict[str, np.ndarray]:
    """Return what a student of each teacher begins with, ``w`` and the model's parameters.

    Parameters
    ----------
    known : LearnedNeuron
    inputs : InputTable
    teachers : dict of str to array
        As `draw_teachers` returns them.
    seeds : list of list of int
        Those of the teachers.
    learned : collection of str
        What is not named here is the teacher's.
    """
    students = []
    for k, seed in enumerate(seeds):
        rng = np.random.default_rng([*seed, 1])
        own = known.drawn(rng)
        own = {
            name: own[name] if name in learned else teachers[name][k] for name in known.parameters
        }
        weights = draw_weights(rng, rng.permutation(inputs.signs), known.scale(own))
        students.append(own | {"w": weights if "w" in learned else teachers["w"][:, k]})
    return {
        name: np.stack([student[name] for student in students], axis=-1)
        for name in ("w", *known.parameters)
    }


def _candidate(known: LearnedNeuron, inputs: InputTable, rng: np.random.Generator) -> dict:
    """Return a teacher of gain 1, and the drive that excitation and inhibition each give it."""
    own = known.drawn(rng)
    weights = draw_weights(rng, inputs.signs, known.scale(own))
    steps = round(RATE_DURATION / inputs.step)
    drive = np.zeros((2, steps), np.float32)
    for weight, probability in zip(weights, inputs.probability, strict=True):
        at = np.flatnonzero(rng.random(steps, np.float32) < probability)
        drive[int(weight < 0), at] += weight
    return own | {"w": weights, "drive": drive, "rate": rng.uniform(*known.rates)}


def _gains(known: LearnedNeuron, neuron: DifferentiableNeuron, drawn: list[dict]) -> np.ndarray:
    """Return the gains that bring each to its rate; infinite where none up to the largest does."""
    import jax
    import jax.numpy as jnp

    parameters = {name: jnp.array([each[name] for each in drawn]) for name in known.parameters}
    excitation, inhibition = np.stack([each["drive"] for each in drawn]).transpose(1, 2, 0)
    wanted = np.array([each["rate"] for each in drawn])

    @jax.jit
    def rate(gain):
        def step(state, drive):
            state, _ = neuron.update(state, parameters, 0)
            spikes = neuron.fires(state, parameters, 0)[0].astype(gain.dtype)
            state = neuron.receive(state, known.driven, gain * drive[0] + drive[1], True, None)
            return neuron.reset(state, parameters, 0, spikes), spikes

        start = neuron.initial(gain.shape, gain.dtype, parameters)
        spikes = jax.lax.scan(step, start, (jnp.array(excitation), jnp.array(inhibition)))[1]
        return spikes.mean(axis=0) / neuron.code.dt

    low, high = np.zeros(len(drawn)), np.full(len(drawn), LARGEST_GAIN)
    reached = np.asarray(rate(jnp.array(high, jnp.float32))) >= wanted
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        above = np.asarray(rate(jnp.array(middle, jnp.float32))) >= wanted
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.where(reached, high, np.inf)
