"""The claims on learning without weight transport in numbers, from finished runs' saved results.

python protocols/akrout_2019_weight_transport/claims.py RUN_DIR [RUN_DIR ...]

Of each rule the accuracy on all test images after the last epoch, median over the repeats with its
95 % interval where there are several, and the standard error that so many images leave, beside what
the authors' logs have after as many epochs and after their 400; and the angles before the first
epoch, after it, and at the end.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from bionet.errors import BionetError
from bionet.plotting.feedback_rules import RULE_LABELS, RuleCourses
from bionet.runs.run_directory import RunDirectory
from bionet.runs.weight_transport_configuration import WeightTransport
from bionet.statistics import median_interval

#: Akrout et al.'s repository, experiments/mnist/*/log.txt: after so many epochs the accuracy (%),
#: the angle of feedback to weights from input to hidden and from hidden to output layer, and that
#: of the hidden layer's error to backpropagation's, for one sample (degrees).
PUBLISHED = {
    50: {
        "backpropagation": (97.70, None, None, None),
        "weight_mirror": (96.51, 49.8, 13.1, 13.4),
        "kolen_pollack": (97.95, 29.8, 6.2, 5.7),
        "feedback_alignment": (94.62, 89.8, 38.3, 36.9),
    },
    100: {
        "backpropagation": (98.25, None, None, None),
        "weight_mirror": (97.97, 33.9, 9.3, 9.1),
        "kolen_pollack": (98.28, 25.0, 4.9, 4.4),
        "feedback_alignment": (96.34, 89.8, 41.4, 40.4),
    },
    120: {
        "backpropagation": (98.34, None, None, None),
        "weight_mirror": (98.18, 30.2, 8.4, 7.8),
        "kolen_pollack": (98.34, 24.0, 4.7, 4.1),
        "feedback_alignment": (96.59, 89.8, 41.8, 40.2),
    },
    140: {
        "backpropagation": (98.36, None, None, None),
        "weight_mirror": (98.25, 27.3, 7.6, 6.9),
        "kolen_pollack": (98.37, 23.3, 4.5, 4.0),
        "feedback_alignment": (96.70, 89.8, 41.9, 39.9),
    },
    160: {
        "backpropagation": (98.37, None, None, None),
        "weight_mirror": (98.31, 24.9, 7.0, 6.1),
        "kolen_pollack": (98.41, 22.7, 4.3, 3.8),
        "feedback_alignment": (96.93, 89.8, 41.9, 39.4),
    },
    400: {
        "backpropagation": (98.5, None, None, None),
        "weight_mirror": (98.49, 12.8, 3.8, 3.2),
        "kolen_pollack": (98.45, 20.0, 3.6, 3.1),
        "feedback_alignment": (97.8, 89.8, 40.0, 34.9),
    },
}
LAST = 400
#: Test images of MNIST.
ALL_IMAGES = 10_000
#: The hidden layers of the networks that the published numbers are of.
PUBLISHED_HIDDEN = (500,)


def report(directory: RunDirectory) -> list[str]:
    """Return the lines for one run."""
    courses = RuleCourses.from_results(directory.load_results(), str(directory.results_path))
    configuration = directory.load_configuration(WeightTransport)
    published = _published(configuration, courses)
    images = configuration.data.test or ALL_IMAGES
    lines = [
        f"{directory.path}: {courses.model} networks, {courses.n_epochs} epochs, "
        f"{courses.rule.size // len(courses.rules)} of each rule"
    ]
    for rule in courses.rules:
        lines += [_accuracy(courses, rule, published, images), *_angles(courses, rule, published)]
    return [*lines, f"  order after the last epoch: {_order(courses)}"]


def _published(configuration: WeightTransport, courses: RuleCourses) -> dict[int, dict]:
    """Return the published numbers after as many epochs and after 400, of such a run, by epochs."""
    data, network = configuration.data, configuration.network
    such = (data.name, data.train, data.test, network.model) == ("mnist", None, None, "rate")
    if not such or network.hidden != PUBLISHED_HIDDEN:
        return {}
    return {n: PUBLISHED[n] for n in (courses.n_epochs, LAST) if n in PUBLISHED}


def _accuracy(courses: RuleCourses, rule: str, published: dict[int, dict], images: int) -> str:
    accuracy = 100 * courses.test_accuracy[courses.of(rule)]
    middle = np.median(accuracy[:, -1])
    error = np.sqrt(middle * (100 - middle) / images)
    text = f"  {RULE_LABELS[rule]:<19} accuracy {_median(accuracy[:, -1], '.2f')} % +- {error:.2f}"
    text += f"   best of all epochs {_median(accuracy.max(axis=1), '.2f')} %"
    for epochs, numbers in published.items():
        if rule in numbers:
            difference = middle - numbers[rule][0]
            text += f"   published after {epochs}: {numbers[rule][0]:g} % ({difference:+.2f})"
    return text


def _angles(courses: RuleCourses, rule: str, published: dict[int, dict]) -> list[str]:
    if rule == "backpropagation":
        return []
    own = courses.of(rule)
    named = [
        *((f"weights, {name}", courses.weight_angle[own, :, k])
          for k, name in enumerate(courses.connection_names)),
        *((f"taught, {name}", courses.delta_angle[own, :, k])
          for k, name in enumerate(courses.layer_names)),
    ]  # fmt: skip
    numbers = published.get(courses.n_epochs, {}).get(rule)
    lines = []
    for k, (name, angles) in enumerate(named):
        first, second, last = (_median(angles[:, e], ".1f") for e in (0, 1, -1))
        text = f"    {name:<30} {first} -> {second} -> {last} degrees"
        lines.append(text + (f"   published {numbers[k + 1]:g}" if numbers else ""))
    return lines


def _order(courses: RuleCourses) -> str:
    accuracy = {
        rule: float(np.median(courses.test_accuracy[courses.of(rule), -1]))
        for rule in courses.rules
    }
    ordered = sorted(accuracy, key=accuracy.get, reverse=True)
    return ", ".join(f"{RULE_LABELS[rule]} {100 * accuracy[rule]:.2f} %" for rule in ordered)


def _median(values: np.ndarray, form: str) -> str:
    interval = median_interval(values)
    text = format(float(interval.median), form)
    if values.size == 1:
        return text
    return f"{text} ({float(interval.low):{form}} to {float(interval.high):{form}})"


def main(arguments: list[str] | None = None) -> int:
    """Print; 2 after an error."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN_DIR")
    try:
        for path in parser.parse_args(arguments).runs:
            print("\n".join(report(RunDirectory.open(path))))
    except BionetError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
