"""The same network simulated by JAX in double precision and by Brian2."""

import jax
import jax.numpy as jnp
import numpy as np

from bionet.gradient import InputSpikes, brian2_network

# Both evaluate the same double-precision statements; XLA contracts a*b + c to one rounding and
# sums synapses in another order. Contracting dynamics add up to some hundred roundings (1e-14
# measured); a wrong step, weight or sign differs by far more.
ROUNDING_TOLERANCE = 1e-11

#: Spikes of each neuron without which equal spike trains would say little.
SEVERAL = 5


def poisson_spikes(rng, steps, units, probability=0.03):
    """Return at most one spike a unit and step, (steps, units)."""
    return (rng.random((steps, units)) < probability).astype(int)


def as_events(counts):
    """Return dense spikes, (steps, units), as `InputSpikes`, with one entry that is no spike."""
    step, unit = np.nonzero(counts)
    step, unit = np.append(step, -1), np.append(unit, 0)
    return InputSpikes(jnp.asarray(step)[None], jnp.asarray(unit)[None], counts.shape[1])


def weights(rng, shape, mean, inhibitory=0.2):
    """Return gamma-distributed weights, the last sources' negative."""
    w = rng.gamma(1, mean, shape)
    w[round((1 - inhibitory) * shape[0]) :] *= -1
    return w


def simulated(network, parameters, spikes, steps, initial, drive=None):
    """Return what JAX records, (steps, neurons) each."""
    with jax.enable_x64(True):
        values = {name: jnp.asarray(value, jnp.float64) for name, value in parameters.items()}
        inputs = spikes if isinstance(spikes, InputSpikes) else spikes[None].astype(float)
        outputs = network(values, inputs, steps=steps, initial=initial, drive=drive)
        return {name: np.asarray(value)[:, 0] for name, value in outputs.items()}


def recorded(network, brian2, steps):
    """Return what Brian2 recorded, in the same shape."""
    brian2.run(steps * network.dt, namespace={})
    found = {}
    for name in network.record:
        layer, _, variable = name.partition(".")
        monitor = brian2[f"{layer}_{variable}"]
        if variable == "spikes":
            found[name] = np.zeros((steps, network.layers[layer].neurons))
            step = np.rint(np.asarray(monitor.t / network.dt)).astype(int)
            found[name][step, np.asarray(monitor.i)] = 1
        else:
            found[name] = np.asarray(getattr(monitor, variable), float).T
    return found


def assert_equal_simulations(network, parameters, spikes, *, steps=None, initial=None):
    """Assert equal spikes and states, and that every neuron that can spike does so repeatedly."""
    steps = len(spikes) if steps is None else steps
    jax_values = simulated(network, parameters, spikes, steps, initial)
    brian2 = brian2_network(network, parameters, spikes, steps=steps, initial=initial)
    brian2_values = recorded(network, brian2, steps)
    for name in sorted(network.record, key=lambda name: not name.endswith(".spikes")):
        expected, found = brian2_values[name], jax_values[name]
        if name.endswith(".spikes"):
            np.testing.assert_array_equal(found, expected, err_msg=name)
            assert found.sum(axis=0).min() >= SEVERAL, f"{name}: {found.sum(axis=0)}"
        else:
            assert np.abs(expected).max() > 0, name
            np.testing.assert_allclose(
                found,
                expected,
                rtol=ROUNDING_TOLERANCE,
                atol=ROUNDING_TOLERANCE * np.abs(expected).max(),
                err_msg=name,
            )
    return jax_values
