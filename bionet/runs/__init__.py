"""Run directories: configuration, provenance, log and results of a run; and ``bionet`` the command.

A protocol becomes runnable by the command through a `Kind` that is named in
`bionet.runs.kinds.KINDS`.
"""

from bionet.runs.configuration import ConfigurationError
from bionet.runs.creation import create_run_directory
from bionet.runs.kind import Kind
from bionet.runs.kinds import read_configuration
from bionet.runs.progress import progress_bar
from bionet.runs.quantities import Unit
from bionet.runs.run_directory import (
    ExistingRunDirectoryError,
    NoRunDirectoryError,
    RunDirectory,
    RunDirectoryError,
)

__all__ = [
    "ConfigurationError",
    "ExistingRunDirectoryError",
    "Kind",
    "NoRunDirectoryError",
    "RunDirectory",
    "RunDirectoryError",
    "Unit",
    "create_run_directory",
    "progress_bar",
    "read_configuration",
]
