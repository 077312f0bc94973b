"""Numbers too small for all their digits are zero in the C++ loops, unless results are strict.

Closed form: what has decayed below the smallest normal number. Such numbers take the processor a
hundred times as long.
"""

import numpy as np
import pytest
from brian2 import Network, NeuronGroup, SpikeGeneratorGroup, Synapses, ms

from bionet.devices import compile_network

DECADES = 2  # by which they decay
NORMAL = 1e-30
#: Four digits are left of a float of 1e-42.
FEW_DIGITS = 1e-2
KEEPING = {
    "flushed": {},
    "strict": {"strict": True},
    "switched off": {"without": ["denormals"]},
}


def decays():
    """Build a variable of neurons and one of synapses that decay to a hundredth."""
    cells = NeuronGroup(2, "dx/dt = -x/tau : 1", method="exact", name="cells")
    cells.namespace["tau"] = 10 / np.log(10**DECADES) * ms
    source = SpikeGeneratorGroup(2, [0, 1], [1, 1] * ms)
    synapses = Synapses(source, cells, "w : 1", on_pre="w *= 0.01", name="synapses")
    synapses.connect("i == j")
    return Network(cells, source, synapses)


@pytest.fixture(scope="module")
def decayed():
    """Return what is left of a start, for a precision and a way to keep denormals; built once."""
    compiled = {}

    def after(start, precision, kept):
        if (precision, kept) not in compiled:
            compiled[precision, kept] = compile_network(
                decays,
                10 * ms,
                inputs=["cells.x", "synapses.w"],
                outputs=["cells.x", "synapses.w"],
                precision=precision,
                **KEEPING[kept],
            )
        outcome = compiled[precision, kept](
            {"cells.x": [start, NORMAL], "synapses.w": [start, NORMAL]}
        )
        return [outcome["cells.x"], outcome["synapses.w"]]

    return after


@pytest.mark.compiles
@pytest.mark.parametrize(("precision", "smallest"), [("single", 1e-38), ("double", 1e-308)])
def test_denormals_become_zero(decayed, precision, smallest):
    for tiny, normal in decayed(10 * smallest, precision, "flushed"):
        assert tiny == 0
        assert normal == pytest.approx(NORMAL / 10**DECADES, rel=1e-4, abs=0)


@pytest.mark.compiles
@pytest.mark.parametrize("kept", ["strict", "switched off"])
def test_denormals_stay_where_results_are_strict(decayed, kept):
    for tiny, normal in decayed(1e-40, "single", kept):
        assert tiny.dtype == np.float32
        assert tiny == pytest.approx(1e-42, rel=FEW_DIGITS, abs=0)
        assert normal == pytest.approx(NORMAL / 10**DECADES, rel=1e-4, abs=0)
