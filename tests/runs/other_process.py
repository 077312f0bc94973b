"""Waiting for another process, in tests."""

import time

# A child needs its interpreter started on a busy machine; what hangs longer is a failure.
PATIENCE = 30.0  # s


def wait_until(condition):
    """Wait for a condition on another process."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "the other process did not get there"
        time.sleep(0.01)
