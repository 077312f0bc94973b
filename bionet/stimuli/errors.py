"""What can be wrong with the files of a stimulus and is the user's to mend."""

from bionet.errors import BionetError


class StimulusError(BionetError):
    """A file of stimuli is missing, damaged, not what it should be, or cannot be downloaded."""
