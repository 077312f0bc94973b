"""Networks of a few neurons, written in plain Brian2 as a user would."""

from brian2 import (
    Network,
    NeuronGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    linspace,
    ms,
    mV,
    seed,
)

N = 6
STEPS = 500
INPUTS = (
    "cells.drive",
    "cells.noise",
    "cells.scale",
    "cells.level",
    "cells.density",
    "synapses.weight",
    "synapses.w",
    "synapses.kind",
)
OUTPUTS = (
    "cells.v",
    "cells.first",
    "cells.count",
    "cells.noise",
    "synapses.i",
    "synapses.j",
    "synapses.w",
    "spikes.t",
    "spikes.i",
    "trace.v",
)


def cells_network():
    """Six neurons; chance enters with ``noise`` > 0 and ``density`` < 1 only."""
    tau = 10 * ms  # noqa: F841 - a name of the equations, found in this scope
    cells = NeuronGroup(
        N,
        """
        dv/dt = (drive - v)/tau + noise*xi/sqrt(tau) : volt
        drive : volt (constant)
        noise : volt (shared, constant)
        scale : 1 (shared, constant)
        level : volt (constant)
        density : 1 (shared, constant)
        first : volt
        count : integer
        """,
        threshold="v > 10*mV",
        reset="v = 0*mV; count += 1",
        method="euler",
        name="cells",
    )
    cells.drive = linspace(11, 16, N) * mV
    cells.scale = 0.5
    cells.level = "(1 + i)*mV"
    cells.density = 1
    cells.first = "scale*level"
    cells.v = "first"
    synapses = Synapses(
        cells,
        cells,
        """
        w : volt
        weight : volt (shared, constant)
        kind : integer (shared, constant)
        """,
        on_pre="v_post += w*kind",
        delay=1 * ms,
        name="synapses",
    )
    for half in ("i < j", "i > j"):
        synapses.connect(condition=half, p="density_pre")
        synapses.weight = 0.3 * mV
        synapses.kind = 1
        synapses.w = "weight*(1 + 0.1*j)"
    return Network(
        cells,
        synapses,
        SpikeMonitor(cells, name="spikes"),
        StateMonitor(cells, "v", record=[0, 3], name="trace"),
    )


def seeded_network():
    """Build a network that seeds itself: the call's seed must stand all the same."""
    seed(1)
    group = NeuronGroup(5, "x : 1", name="cells")
    group.x = "rand()"
    return Network(group)


class Cells:
    """An object with a method that builds a network."""

    def network(self):
        """Build a network whose constants stand in this scope and in this module."""
        drive = 3  # noqa: F841 - a name of the equations, found in this scope
        group = NeuronGroup(1, "x = drive*STEPS : 1\ny : 1", name="cells")
        group.run_regularly("y = x")
        return Network(group)


def decay_network():
    """Build the smallest network that is one: for tests of the cache."""
    group = NeuronGroup(3, "dx/dt = -x/(10*ms) : 1", method="exact", name="cells")
    group.x = [1.0, 2.0, 3.0]
    return Network(group)
