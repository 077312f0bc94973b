"""How a network on the runtime device says why it stops; a binary prints the same to its output.

A function of the network that wants to end the simulation calls `stop(reason)` where it runs as
Python, and in C++ sets ``Network::_globally_stopped`` and prints a line that starts with
`STOPPED_PREFIX`.
"""

from __future__ import annotations

__all__ = ["STOPPED_PREFIX", "stop", "take_reason"]

STOPPED_PREFIX = "STOPPED: "

_reasons: list[str] = []


def stop(reason: str) -> None:
    """End the running Brian2 simulation after the current time step, for `reason`."""
    import brian2

    _reasons.append(reason)
    brian2.stop()


def take_reason() -> str:
    """Return the reason given last, and forget it; empty if none was."""
    reason = _reasons[-1] if _reasons else ""
    _reasons.clear()
    return reason
