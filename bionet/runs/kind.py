"""A kind of protocol: what the command needs to know to run, resume, report and draw it."""

from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any

from bionet.runs.run_directory import RunDirectory


@dataclass(frozen=True)
class Kind:
    """A kind of protocol, such as ``meta_learning``.

    The module that defines one imports neither Brian2, JAX, SciPy nor matplotlib when it is
    imported, for ``bionet status`` loads it; its functions import what they need.

    Attributes
    ----------
    name : str
        The value of ``kind`` in a TOML file.
    configuration : type
        Frozen dataclass of the other keys, see `bionet.runs.configuration`.
    start : callable
        ``start(configuration, directory, workers)`` runs the protocol, or goes on where the
        directory's log ends; the command holds the directory's lock meanwhile. It writes
        ``results.npz`` last: a directory with results is finished.
    figures : callable
        ``figures(directory)`` draws into ``directory.figures_path`` from what is saved and returns
        the files' paths.
    status : callable
        ``status(directory)`` returns one or several lines on how far the protocol has come.
    check : callable
        ``check(configuration)`` raises a `ConfigurationError` where what the configuration names
        outside itself (a file of images, say) is missing or wrong. It is called before a new run
        directory is made and before a run is resumed, not when a saved run is looked at.
    may_change : frozenset of str
        Dotted keys, such as ``"search.generations"``, that may be others when a run is resumed:
        what was done before is as it would be under the new value. See `bionet.runs.settings`.
    memory : callable
        ``memory(configuration)`` returns the bytes that the largest arrays need at the least, each
        under the keys that its size follows from. See `bionet.runs.memory`.
    tidy : callable
        ``tidy(directory)`` removes what a finished run no longer needs. It is called after
        `start`, and again when a finished run is resumed, for it may have been interrupted.
    """

    name: str
    configuration: type
    start: Callable[[Any, RunDirectory, int], None]
    figures: Callable[[RunDirectory], list[Path]]
    status: Callable[[RunDirectory], str]
    check: Callable[[Any], None] = lambda configuration: None
    tidy: Callable[[RunDirectory], None] = lambda directory: None
    may_change: frozenset[str] = frozenset()
    memory: Callable[[Any], dict[str, float]] = lambda configuration: {}

    def __post_init__(self):
        if not is_dataclass(self.configuration):
            raise TypeError(f"the configuration of kind {self.name!r} is not a dataclass")
