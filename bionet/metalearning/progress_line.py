"""The one line a generation prints: where it is, how good, how wide, and how long still."""

import math

from bionet.metalearning.history import GenerationSummary


def progress_line(
    summary: GenerationSummary, max_generations: int, seconds_left: float | None = None
) -> str:
    """One line about a generation.

    Parameters
    ----------
    summary : GenerationSummary
        The generation. Its metrics ``"rate"`` (Hz) and ``"isi_cv"`` are shown if they are there.
    max_generations : int
        Generations in all.
    seconds_left : float or None
        Until all generations are done; None if it is not known.

    Returns
    -------
    str
        Without a newline, such as ``generation  12/40  best 0.531  median 1.92  sigma 0.412
        rate 9.80 Hz  ISI CV 0.83  at most 3 min left``, in columns of fixed width. "At most",
        since another stop criterion may end the search before.
    """
    width = len(str(max_generations))
    parts = [
        f"generation {summary.generation + 1:{width}d}/{max_generations}",
        f"best {summary.best_loss:<9.4g}",
        f"median {summary.median_loss:<9.4g}",
        f"sigma {summary.sigma:<8.3g}",
    ]
    if "rate" in summary.metrics:
        parts.append(f"rate {_or_dash(summary.metrics['rate'], '6.2f')} Hz")
    if "isi_cv" in summary.metrics:
        parts.append(f"ISI CV {_or_dash(summary.metrics['isi_cv'], '4.2f')}")
    if seconds_left is not None:
        parts.append(f"at most {duration(seconds_left)} left")
    return "  ".join(parts).rstrip()


def duration(seconds: float) -> str:
    """Return a time in its two largest units, such as ``"3 min 20 s"``."""
    seconds = math.ceil(max(seconds, 0.0))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    amounts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    while len(amounts) > 1 and amounts[0][0] == 0:
        amounts.pop(0)
    return " ".join(f"{amount} {unit}" for amount, unit in amounts[:2])


def _or_dash(value: float, form: str) -> str:
    width = int(form.split(".")[0])
    return f"{'-':>{width}}" if math.isnan(value) else f"{value:{form}}"
