"""Errors whose text is meant for the user: one line that names the offender and what is allowed."""


class BionetError(Exception):
    """An expected failure: the command prints its text as one line, without a traceback.

    Raise a subclass of it where the user, not the programmer, can put things right: a wrong
    configuration, a damaged file, a missing compiler.
    """
