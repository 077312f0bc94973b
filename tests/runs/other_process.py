"""Starting Python in another process and waiting for it, in tests."""

import subprocess
import sys
import time

# A child needs its interpreter started on a busy machine; what hangs longer is a failure.
PATIENCE = 30.0  # s


def wait_until(condition):
    """Wait for a condition on another process."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "the other process did not get there"
        time.sleep(0.01)


def in_child(code, *arguments):
    """Run Python code in another process until it prints a line (or ends)."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )
    process.stdout.readline()
    return process
