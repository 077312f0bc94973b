"""Small activities for the tests of losses."""

import math

from bionet.statistics import Activity


def activity(rates=(10.0,), cvs=None, binned=(10.0,), bin_width=0.01, completed=1.0):
    """Return an activity of a few neurons at 10 Hz, but for what is given."""
    cvs = [math.nan] * len(rates) if cvs is None else cvs
    return Activity(rates, cvs, binned, bin_width, completed)
