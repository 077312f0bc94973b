"""What can go wrong in a search and is the user's to mend: its log and its evaluations."""

from bionet.errors import BionetError


class LogError(BionetError):
    """A search's log cannot be read, written, or is not the log of this search."""


class EvaluationError(BionetError):
    """An evaluation raised, returned no finite loss, or its worker process died."""
