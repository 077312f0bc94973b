"""What is said of a simulation whose time steps were too long for its conductances."""

__all__ = ["too_long_step"]


def too_long_step(largest_step: float) -> str | None:
    """Say that a step of forward Euler overshot, if one did, see `bionet.networks.step_watch`.

    Parameters
    ----------
    largest_step : float
        How far the longest step went; NaN of a potential that ran away.
    """
    if largest_step <= 1:
        return None
    return f"a time step went {largest_step:.2f} of the way; above 1 it overshoots"
