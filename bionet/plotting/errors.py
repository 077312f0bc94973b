"""What can be wrong with saved results when they are drawn."""

from bionet.errors import BionetError


class FigureError(BionetError):
    """Results from which a figure cannot be drawn; names what is missing and of which file."""
