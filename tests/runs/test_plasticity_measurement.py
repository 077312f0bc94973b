"""What the measurement of a best rule says beside its arrays (behaviour)."""

import numpy as np

from bionet.runs.plasticity_measurement import too_long_steps


def test_a_simulation_that_overshot_is_told():
    arrays = {"initial_weights": np.array([0.3, 0.7]), "largest_step": np.array([0.9, 2.27])}
    (line,) = too_long_steps(arrays)
    assert line.startswith("from w = 0.7: a time step went 2.27 of the way")
    assert len(line) <= 80
