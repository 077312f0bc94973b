"""The one line a generation prints: where it is, how good, how wide."""

import math

from bionet.metalearning.history import GenerationSummary


def progress_line(summary: GenerationSummary, max_generations: int) -> str:
    """One line about a generation, which fits 80 columns.

    Parameters
    ----------
    summary : GenerationSummary
        The generation. Its metrics ``"rate"`` (Hz) and ``"isi_cv"`` are shown if they are there.
    max_generations : int
        Generations in all.

    Returns
    -------
    str
        Without a newline, such as
        ``gen 12/40  best 0.531     median 1.92      sigma 0.41       9.80 Hz  CV 0.83``, in columns
        of fixed width.
    """
    width = len(str(max_generations))
    parts = [
        f"gen {summary.generation + 1:{width}d}/{max_generations}",
        f"best {summary.best_loss:<9.3g}",
        f"median {summary.median_loss:<9.3g}",
        f"sigma {summary.sigma:<7.2g}",
    ]
    if "rate" in summary.metrics:
        parts.append(f"{_or_dash(summary.metrics['rate'], '6.2f')} Hz")
    if "isi_cv" in summary.metrics:
        parts.append(f"CV {_or_dash(summary.metrics['isi_cv'], '4.2f')}")
    return "  ".join(parts).rstrip()


def _or_dash(value: float, form: str) -> str:
    width = int(form.split(".")[0])
    return f"{'-':>{width}}" if math.isnan(value) else f"{value:{form}}"
