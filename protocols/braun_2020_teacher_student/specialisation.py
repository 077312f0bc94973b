"""Which rules tell a student's two hidden neurons apart, near where both have learned the same.

python protocols/braun_2020_teacher_student/specialisation.py layers.toml

The student's hidden neurons are put between their mean and the teacher's, at m +- part d, where m
and d are mean and half difference of the teacher's; its output neuron is the teacher's. Printed is,
for each of six teachers, the cosine between d and what one large batch makes of the difference of
the hidden neurons, for the differences among excitatory and among inhibitory inputs. Where it is
negative the rule drives them together again.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from bionet.errors import BionetError
from bionet.runs.configuration import ConfigurationError
from bionet.runs.kinds import read_configuration
from bionet.runs.student_network_configuration import StudentNetwork
from bionet.runs.student_network_teachers import W_IN, W_OUT, draw_pairs, poisson, two_layers
from bionet.runs.student_network_training import gradient_of

TEACHERS, TRIALS, STEPS = 6, 400, 500
PARTS = (0.2, 0.5, 0.8)


def cosines(configuration: StudentNetwork, rule: str) -> np.ndarray:
    """Return the cosine for each part and teacher, (parts, teachers)."""
    import jax

    few = replace(configuration.training, seeds=TEACHERS)
    teacher = draw_pairs(replace(configuration, training=few)).teacher
    network = two_layers(configuration)
    gradient = gradient_of(rule, network, configuration)
    inputs = poisson(jax.random.key(5), configuration, TRIALS, STEPS)
    known = {name: value for name, value in teacher.items() if name not in (W_IN, W_OUT)}

    def slope(free, known, teacher):
        output = "output.spikes"
        target = network(teacher, inputs, record=[output])[output]
        return gradient(lambda free: {**known, **free}, free, inputs, target)[1][W_IN]

    slopes = jax.jit(jax.vmap(slope))
    mean = teacher[W_IN].mean(axis=-1, keepdims=True)
    half, found = teacher[W_IN] - mean, []
    for part in PARTS:
        free = {W_IN: mean + part * half, W_OUT: teacher[W_OUT]}
        change = -np.asarray(slopes(free, known, teacher))
        excitatory = configuration.network.excitatory
        moved = _centred(change[..., 0] - change[..., 1], excitatory)
        wanted = _centred(half[..., 0], excitatory)
        size = np.linalg.norm(moved, axis=-1) * np.linalg.norm(wanted, axis=-1)
        found.append((moved * wanted).sum(axis=-1) / size)
    return np.array(found)


def _centred(values: np.ndarray, excitatory: int) -> np.ndarray:
    """Take the mean over excitatory and that over inhibitory inputs away: rates are no matter."""
    groups = values[..., :excitatory], values[..., excitatory:]
    return np.concatenate([g - g.mean(axis=-1, keepdims=True) for g in groups], axis=-1)


def main(arguments: list[str] | None = None) -> int:
    """Print; 2 after an error."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("configuration", type=Path, metavar="CONFIG.toml")
    try:
        path = parser.parse_args(arguments).configuration
        _, configuration = read_configuration(path)
        if not isinstance(configuration, StudentNetwork):
            raise ConfigurationError(f"{path}: expected kind 'student_network'")
        for rule in configuration.rule.names:
            for part, row in zip(PARTS, cosines(configuration, rule), strict=True):
                listed = "  ".join(f"{value:+.2f}" for value in row)
                print(f"{rule:<16} part {part:g}   {listed}", flush=True)
    except BionetError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
