"""How students of a ``student_network`` run learn: one compiled call for all seeds and rates.

All students see the same inputs, whatever their seed, learning rate and rule: those of an update
follow from the run's seed and the number of the update. (Drawing spikes for each student would take
most of the time.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bionet.runs.student_network_configuration import StudentNetwork, TrainingTable
from bionet.runs.student_network_teachers import OUTPUT, W_IN, W_OUT, Pairs, poisson, two_layers

if TYPE_CHECKING:
    from bionet.gradient import DifferentiableNetwork

__all__ = ["Training", "evaluate", "gradient_of"]

_SPIKES = f"{OUTPUT}.spikes"
#: Number of the first evaluation's input, which is no update's.
_FRESH = 2**30


class Training:
    """Students that learn by one rule.

    Parameters
    ----------
    configuration : StudentNetwork
    rule : str
        One of ``rule.names``.
    pairs : Pairs
    devices : sequence of jax.Device
        Seeds are spread over them.
    """

    def __init__(
        self, configuration: StudentNetwork, rule: str, pairs: Pairs, devices: Sequence[Any]
    ):
        import jax
        import jax.numpy as jnp

        from bionet.gradient.over_networks import over_networks
        from bionet.runs.student_network_parameters import free_parameters

        self.configuration, self.rule, self.pairs = configuration, rule, pairs
        self.free = free_parameters(configuration, rule, pairs)
        network, table = two_layers(configuration), configuration.training
        gradient = gradient_of(rule, network, configuration)
        optimiser = _optimiser(table)
        largest = np.float32(np.inf if table.largest_weight is None else table.largest_weight)
        rates = jnp.asarray(table.learning_rates, jnp.float32)
        steps = round(table.duration / configuration.network.step)
        values = self.free.values

        def begun(free):
            many = jax.tree.map(lambda a: jnp.repeat(a[:, None], rates.size, axis=1), free)
            return {"free": many, "optimiser": jax.vmap(jax.vmap(optimiser.init))(many)}

        def learned(own, first, option):
            def update(state, number):
                key = _key(table.seed, number)
                inputs = poisson(key, configuration, table.batch, steps)
                target = network(own["teacher"], inputs, record=[_SPIKES])[_SPIKES]
                fall = table.final_rate ** (number / table.updates)

                def one(state, rate):
                    loss, slope = gradient(
                        lambda free: values(free, own["known"]), state["free"], inputs, target
                    )
                    change, after = optimiser.update(slope, state["optimiser"])
                    free = jax.tree.map(
                        lambda p, c, s: p - rate * fall * s * c, state["free"], change, own["scale"]
                    )
                    for name, kappa in own["kappa"].items():
                        free[name] = jnp.clip(free[name], -largest * kappa, largest * kappa)
                    return {"free": free, "optimiser": after}, loss

                return jax.vmap(one)(state, rates)

            numbers = first + jnp.arange(table.interval, dtype=jnp.int32)
            state, losses = jax.lax.scan(update, own["state"], numbers)
            return state, losses.mean(axis=0)

        self.begin = lambda: jax.tree.map(np.asarray, begun(self.free.initial))
        self._learned = over_networks(learned, devices, shared=1, at_once=table.seeds)

    def advance(self, state: dict, first: int) -> tuple[dict, np.ndarray]:
        """Go on for ``training.interval`` updates.

        Parameters
        ----------
        state : dict
            Of all students, see `begin`.
        first : int
            Number of the first of these updates.

        Returns
        -------
        state : dict
        loss : ndarray, (seeds, rates)
            Van Rossum distance before each update, the mean over these updates.
        """
        import jax

        own = {
            "state": state,
            "teacher": self.pairs.teacher,
            "known": self.free.known,
            "scale": self.free.scale,
            "kappa": self.pairs.kappa,
        }
        state, loss = self._learned(own, np.int32(first))
        return jax.tree.map(np.asarray, state), np.asarray(loss)


def gradient_of(rule: str, network: DifferentiableNetwork, configuration: StudentNetwork):
    """Return ``gradient(values, free, inputs, target)``: the loss, and a rule's descent of it.

    ``values(free)`` are the network's parameters. What is returned beside the mean van Rossum
    distance is its gradient, or what a rule takes for it.
    """
    import jax

    from bionet.gradient import fast_sigmoid
    from bionet.gradient.spike_train_filter import DoubleExponential
    from bionet.gradient.superspike import SuperSpike, through_weights

    table, dt = configuration.rule, configuration.network.step
    kernel = DoubleExponential(table.rise, table.decay)
    if rule.startswith("backpropagation"):

        def distance(free, values, inputs, target):
            output = network(values(free), inputs, record=[_SPIKES])[_SPIKES]
            return kernel.distance(output, target, dt).mean()

        return lambda values, free, inputs, target: jax.value_and_grad(distance)(
            free, values, inputs, target
        )
    learning_rule = (
        through_weights(network)
        if rule == "direct"
        else SuperSpike(network, surrogate=fast_sigmoid(table.slope), kernel=kernel)
    )

    def descent(values, free, inputs, target):
        updates, spikes = learning_rule(values(free), inputs, target)
        loss = kernel.distance(spikes[OUTPUT], target, dt).mean()
        return loss, {name: -updates[name] for name in (W_IN, W_OUT)}

    return descent


def _optimiser(table: TrainingTable):
    import optax

    if table.optimiser == "adam":
        return optax.scale_by_adam()
    from bionet.gradient.rmaxprop import scale_by_rmaxprop

    # Trials of an update are simulated side by side: time goes on by one of them.
    return scale_by_rmaxprop(math.exp(-table.duration / table.tau_rms))


def evaluate(configuration: StudentNetwork, teacher: dict, students: dict, devices) -> dict:
    """Compare students with their teachers on fresh input, the same for all rules.

    Parameters
    ----------
    configuration : StudentNetwork
    teacher : dict of str to array, (seeds, ...)
    students : dict of str to array, (seeds, variants, ...)
    devices : sequence of jax.Device

    Returns
    -------
    dict of str to ndarray
        ``coincidence`` (seeds, variants): spikes of student and teacher in the same step, over the
        geometric mean of their numbers. ``distance`` (seeds, variants): van Rossum distance,
        relative to that of a silent student. ``hidden_coincidence`` (seeds, variants, hidden,
        hidden): of the student's with the teacher's hidden neurons. ``rates`` (seeds, variants,
        hidden + 1) and ``teacher_rates`` (seeds, hidden + 1), Hz.
    """
    import jax
    import jax.numpy as jnp

    from bionet.gradient.over_networks import over_networks
    from bionet.gradient.spike_train_filter import DoubleExponential

    network, table = two_layers(configuration), configuration.evaluation
    dt = configuration.network.step
    kernel = DoubleExponential(configuration.rule.rise, configuration.rule.decay)
    steps = round(table.duration / dt)

    def spikes_of(parameters, inputs):
        return jnp.concatenate(list(network(parameters, inputs).values()), axis=-1)

    def compared(own, option):
        key = _key(configuration.training.seed, _FRESH)
        inputs = poisson(key, configuration, table.trials, steps)
        target = spikes_of(own["teacher"], inputs)
        silent = kernel.distance(jnp.zeros_like(target[..., -1:]), target[..., -1:], dt).mean()

        def one(parameters):
            spikes = spikes_of(parameters, inputs)
            together = jnp.einsum("tbi,tbj->ij", spikes, target)
            numbers = jnp.outer(spikes.sum(axis=(0, 1)), target.sum(axis=(0, 1)))
            coincidence = together / jnp.sqrt(jnp.maximum(numbers, 1))
            distance = kernel.distance(spikes[..., -1:], target[..., -1:], dt).mean()
            return {
                "coincidence": coincidence[-1, -1],
                "hidden_coincidence": coincidence[:-1, :-1],
                "distance": distance / silent,
                "rates": spikes.mean(axis=(0, 1)) / dt,
            }

        return {**jax.lax.map(one, own["students"]), "teacher_rates": target.mean((0, 1)) / dt}

    own = {"teacher": teacher, "students": students}
    return jax.tree.map(np.asarray, over_networks(compared, devices, shared=0)(own))


def _key(seed: int, number):
    import jax

    return jax.random.fold_in(jax.random.key(seed), number)
