"""Kind ``dendritic_balance``: layers of coding neurons learn to represent images, and are tested.

Each condition (learning scheme, value of what is swept, seed) is one training, epoch after epoch;
several trainings run at a time, on one build where only p, Du or the seed differ. After every epoch
the training's checkpoint is replaced, so a run that was broken off goes on with the next epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bionet.errors import BionetError
from bionet.runs.balance_configuration import DendriticBalance
from bionet.runs.kind import Kind
from bionet.runs.run_directory import RunDirectory
from bionet.wording import counted

if TYPE_CHECKING:
    from bionet.devices import CompiledNetwork, Outcome
    from bionet.runs.balance_conditions import Condition
    from bionet.runs.balance_log import Checkpoints
    from bionet.runs.balance_training import Progress
    from bionet.stimuli import Stimulus

__all__ = ["KIND", "TrainingError"]


class TrainingError(BionetError):
    """A training that broke off; names it."""


def check(configuration: DendriticBalance) -> None:
    """Refuse images that are missing, damaged or of a wrong shape.

    Raises
    ------
    ConfigurationError
        Says which.
    """
    from bionet.runs.balance_conditions import stimulus_of
    from bionet.runs.configuration import refused_under

    keys = {"digits.folder": configuration.digits, "scenes.file": configuration.scenes}
    with refused_under(next((key for key, table in keys.items() if table is not None), "bars")):
        stimulus_of(configuration)


def start(configuration: DendriticBalance, directory: RunDirectory, workers: int) -> None:
    """Train every condition from where its checkpoint stands, then write the results.

    Raises
    ------
    TrainingError
        If a simulation broke off or a loss became infinite.
    StimulusError
        If images cannot be read.
    """
    from bionet.metalearning.executors import worker_processes
    from bionet.runs.balance_conditions import conditions, stimulus_of
    from bionet.runs.balance_log import Checkpoints
    from bionet.runs.balance_results import results
    from bionet.runs.progress import progress_bar

    checkpoints = Checkpoints(directory)
    stimulus = stimulus_of(configuration)
    every = conditions(configuration)
    epochs = configuration.training.images // configuration.training.test_every
    done = sum(_epochs_done(checkpoints, condition) for condition in every)
    with (
        worker_processes(workers) as executor,
        progress_bar(len(every) * epochs, "training", "epoch", initial=done) as bar,
    ):
        networks = _Networks(configuration, directory, stimulus, bar.write)
        waiting = [
            _Training(configuration, condition, checkpoints, stimulus, networks)
            for condition in every
        ]
        _run(waiting, executor.submit, workers, bar)
    trained = [(c, checkpoints.load(c), checkpoints.shown(c)) for c in every]
    directory.save_results(**results(configuration, trained, stimulus.shape, stimulus.channels))


class _Networks:
    """The compiled networks of a run, each made when it is first needed."""

    def __init__(
        self,
        configuration,
        directory: RunDirectory,
        stimulus: Stimulus,
        say: Callable[[str], None],
    ):
        self._bias, self._stimulus = configuration.layer.bias, stimulus
        self._directory, self._say = directory, say
        self._made: dict[tuple, CompiledNetwork] = {}

    def of(self, condition: Condition, *, recording: bool = False) -> CompiledNetwork:
        from bionet.runs.balance_conditions import compiled
        from bionet.runs.compiling import compiling
        from bionet.runs.provenance import record_build

        key = (condition.scheme.name, condition.n_coding, condition.step, recording)
        if key not in self._made:
            make = partial(compiled, recording=recording)
            network = compiling(make, condition, self._bias, self._stimulus, say=self._say)
            if not self._made:
                record_build(self._directory, network, "double")
            self._made[key] = network
        return self._made[key]


class _Training:
    """One condition on its way: which call comes next, and what its outcome changes."""

    def __init__(self, configuration, condition, checkpoints, stimulus, networks):
        from bionet.runs.balance_training import begun, fingerprint

        self.condition = condition
        self._fingerprint = fingerprint(configuration, condition, stimulus)
        self._configuration, self._stimulus = configuration, stimulus
        self._checkpoints, self._networks = checkpoints, networks
        self._epochs = configuration.training.images // configuration.training.test_every
        self._progress: Progress = checkpoints.load(condition, self._fingerprint) or begun(
            configuration, condition, stimulus.n_inputs
        )
        training = configuration.training
        if self._progress.epochs > self._epochs:
            raise TrainingError(
                f"{condition.name}: training.images is {training.images}, but it has "
                f"{self._progress.epochs * training.test_every} behind it"
            )
        recorded = condition.seed == training.seeds[0] and training.shown_images > 0
        # what was shown before it learned more is removed with the next checkpoint
        self._to_record = recorded and (self._training or checkpoints.shown(condition) is None)

    @property
    def finished(self) -> bool:
        return self._progress.epochs >= self._epochs and not self._to_record

    @property
    def _training(self) -> bool:
        return self._progress.epochs < self._epochs

    def next_call(self) -> tuple[CompiledNetwork, dict, int]:
        from bionet.runs.balance_training import epoch_call, recording_call

        network = self._networks.of(self.condition, recording=not self._training)
        call = epoch_call if self._training else recording_call
        return call(self._configuration, self.condition, network, self._stimulus, self._progress)

    def take(self, outcome: Outcome) -> str | None:
        """Keep an outcome; return a line on the epoch if it was one."""
        from bionet.runs.balance_training import advanced, shown_arrays

        if not self._training:
            arrays = shown_arrays(self.condition, self._stimulus.n_inputs, outcome)
            self._checkpoints.save_shown(self.condition, arrays)
            self._to_record = False
            return None
        self._progress = advanced(self._configuration, self.condition, self._progress, outcome)
        images = self._progress.epochs * self._configuration.training.test_every
        seen = counted(images, "image")
        loss, rate = self._progress.loss[-1], self._progress.training_rate[-1]
        for name, values in {"the loss": loss, **self._progress.state}.items():
            if not np.isfinite(values).all():
                raise TrainingError(
                    f"{self.condition.name}: {name} is no longer finite after {seen}; its "
                    "learning rates are too large"
                )
        self._checkpoints.save(self.condition, self._progress, images, self._fingerprint)
        return f"{self.condition.name}: {seen}, loss {loss:.5f}, rate {rate:.2f} Hz"


def _run(waiting: list[_Training], submit: Callable[..., Future], workers: int, bar) -> None:
    """Run trainings to their ends, so many at a time, in their order.

    After a failure nothing new starts; what runs is still waited for and kept, and the first
    failure is raised at the end.
    """
    running: dict[Future, _Training] = {}
    failure = None
    waiting = [training for training in waiting if not training.finished]
    while running or (waiting and failure is None):
        while waiting and failure is None and len(running) < workers:
            training = waiting.pop(0)
            try:
                network, inputs, seed = training.next_call()
                running[submit(network, inputs, seed)] = training
            except Exception as error:
                failure = error
        if not running:
            break
        done = wait(running, return_when=FIRST_COMPLETED).done
        for future in [future for future in running if future in done]:  # in order
            training = running.pop(future)
            try:
                line = training.take(_checked(future, training.condition))
            except Exception as error:
                failure = failure or error
                continue
            if line:
                bar.write(line)
                bar.update(1)
            if not training.finished:
                waiting.insert(0, training)
    if failure is not None:
        raise failure


def _checked(future: Future, condition: Condition) -> Outcome:
    from bionet.devices import Status

    try:
        outcome = future.result()
    except BrokenExecutor as error:
        from bionet.metalearning.executors import why_workers_die

        raise TrainingError(f"{condition.name}: its worker died: {why_workers_die()}") from error
    if outcome.status is not Status.COMPLETED:
        raise TrainingError(f"{condition.name}: {outcome.message}")
    return outcome


def _epochs_done(checkpoints: Checkpoints, condition: Condition) -> int:
    progress = checkpoints.load(condition)
    return 0 if progress is None else progress.epochs


def status(directory: RunDirectory) -> str:
    """Say how many trainings are finished, and how far those are that have begun."""
    from bionet.runs.balance_conditions import conditions
    from bionet.runs.balance_log import Checkpoints

    configuration = directory.load_configuration(DendriticBalance)
    training = configuration.training
    if directory.is_finished:
        trainings = counted(len(conditions(configuration)), "training")
        return f"{trainings} of {counted(training.images, 'image')} finished"
    checkpoints, lines, finished = Checkpoints(directory), [], 0
    every = conditions(configuration)
    for condition in every:
        progress = checkpoints.load(condition)
        if progress is None:
            continue
        images = progress.epochs * training.test_every
        if images >= training.images:
            finished += 1
        else:
            lines.append(
                f"{condition.name}: {counted(images, 'image')}, loss {progress.loss[-1]:.5f}"
            )
    return "\n".join([f"{finished} of {counted(len(every), 'training')} finished", *lines])


def figures(directory: RunDirectory) -> list[Path]:
    """Draw the run's figures from its results."""
    from bionet.runs.dendritic_balance_figures import draw

    return draw(directory, directory.load_configuration(DendriticBalance))


def tidy(directory: RunDirectory) -> None:
    """Remove the checkpoints, which the results stand for."""
    from bionet.runs.balance_log import Checkpoints

    Checkpoints(directory).remove()


KIND = Kind(
    name="dendritic_balance",
    configuration=DendriticBalance,
    start=start,
    figures=figures,
    status=status,
    check=check,
    tidy=tidy,
    # every condition has a checkpoint of its own, which knows its images by their content
    may_change=frozenset({"training.images", "training.seeds", "digits.folder", "scenes.file"})
    | {"bars.p", "layer.n_coding", "layer.step"},
    memory=DendriticBalance.memory,
)
