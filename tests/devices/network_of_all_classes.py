"""One network with an object of every class of Brian2, several clocks and linked variables."""

from brian2 import (
    BinomialFunction,
    Clock,
    Cylinder,
    EventMonitor,
    Network,
    NeuronGroup,
    PoissonGroup,
    PoissonInput,
    PopulationRateMonitor,
    Soma,
    SpatialNeuron,
    SpikeGeneratorGroup,
    SpikeMonitor,
    StateMonitor,
    Subgroup,
    Synapses,
    TimedArray,
    amp,
    cm,
    linked_var,
    meter,
    ms,
    mV,
    siemens,
    um,
)

STEPS = 60
OUTPUTS = (
    "cells.v",
    "cells.count",
    "cells.total",
    "cells.slow",
    "cells.marked",
    "back.v",
    "back.marked",
    "reader.seen",
    "reader.all_alike",
    "plastic.w",
    "plastic.i",
    "plastic.delay",
    "plastic.post.delay",
    "plastic.v_post",
    "plastic.N_incoming",
    "plastic.N_outgoing",
    "from_back.v_pre",
    "from_back.w",
    "from_back.fade",
    "fired.t",
    "fired.i",
    "fired.count",
    "risen.t",
    "rate.rate",
    "trace.v",
    "trace.t",
    "weights.w",
    "cable.v",
    "clocked.level",
)


def network_of_all_classes():
    """Build it: nothing is random, so every device gives the same numbers."""
    stimulus = TimedArray([0.0, 1.0, 2.0, 3.0], dt=1 * ms, name="stimulus")
    always = BinomialFunction(1, 1.0, approximate=False, name="always")
    names = {"stimulus": stimulus, "always": always, "tau": 5 * ms}
    cells = NeuronGroup(
        6,
        """
        dv/dt = (drive + stimulus(t)*mV - v)/tau : volt (unless refractory)
        drive : volt
        total : 1
        slow : 1
        marked : 1
        count : integer
        shared_one : 1 (shared)
        """,
        threshold="v > 10*mV",
        reset="v = 0*mV; count += int(always())",
        refractory=1 * ms,
        events={"rise": "v > 8*mV and v < 8.5*mV"},
        method="euler",
        namespace=names,
        name="cells",
    )
    cells.drive = "(12 + i)*mV"
    cells.v = "i*mV"
    cells.shared_one = 5
    cells.run_on_event("rise", "marked += 1")
    cells.run_regularly("slow += 1", dt=0.5 * ms)
    cells.run_at("slow += 100", times=[1, 2.5] * ms)
    back = Subgroup(cells, 3, 6, name="back")
    reader = NeuronGroup(
        3, "seen : volt (linked)\nall_alike : 1 (linked)", name="reader", namespace={}
    )
    reader.seen = linked_var(cells, "v", index=[5, 0, 2])
    reader.all_alike = linked_var(cells, "shared_one")
    clocked = NeuronGroup(
        1,
        "dlevel/dt = (1 + 0*doubled)/ms : 1\ndoubled = 2*level : 1 (constant over dt)",
        method="euler",
        clock=Clock(dt=0.2 * ms, name="own_clock"),
        name="clocked",
        namespace={},
    )
    generator = SpikeGeneratorGroup(
        3, [0, 1, 2, 0], [0.3, 1.2, 2.1, 3.4] * ms, period=4 * ms, name="generator"
    )
    poisson = PoissonGroup(2, rates=10 / ms, name="poisson")  # a spike in every step
    plastic = Synapses(
        generator,
        cells,
        """
        w : volt
        dmemory/dt = -memory/(10*ms) : 1 (event-driven)
        total_post = w/mV : 1 (summed)
        """,
        on_pre={"pre": "v_post += w; memory += 1"},
        on_post="w += 0.1*mV*memory",
        delay={"post": 0.2 * ms},
        name="plastic",
        namespace={},
    )
    plastic.connect(j="i")
    plastic.connect(i=[0, 2], j=[5, 4])
    plastic.w = "(1 + i)*mV"
    plastic.pre.delay = "(1 + j)*0.1*ms"
    from_back = Synapses(
        back,
        cells,
        "w : volt\ndfade/dt = -fade/(10*ms) : 1 (clock-driven)",
        on_pre="v_post += w; fade += 1",
        method="euler",
        name="from_back",
    )
    from_back.connect(i=[0, 2, 2], j=[0, 1, 0])
    from_back.w = 0.2 * mV
    steady = Synapses(poisson, cells, on_pre="v_post += 0.01*mV", name="steady")
    steady.connect()
    morphology = Soma(diameter=20 * um)
    morphology.dendrite = Cylinder(diameter=2 * um, n=3, length=60 * um)
    cable = SpatialNeuron(
        morphology,
        """
        Im = 1e-4*siemens/cm**2*(-70*mV - v) : amp/meter**2
        I : amp (point current)
        """,
        method="exponential_euler",
        name="cable",
        namespace={"siemens": siemens, "cm": cm, "mV": mV, "amp": amp, "meter": meter},
    )
    cable.v = -65 * mV
    cable.I[0] = 1e-11 * amp
    certain = PoissonInput(back, "v", N=1, rate=10 / ms, weight=0.02 * mV)
    return Network(
        cells,
        reader,
        clocked,
        generator,
        poisson,
        plastic,
        from_back,
        steady,
        cable,
        certain,
        SpikeMonitor(cells, name="fired"),
        EventMonitor(cells, "rise", name="risen"),
        PopulationRateMonitor(cells, name="rate"),
        StateMonitor(cells, "v", record=[0, 4], dt=0.3 * ms, name="trace"),
        StateMonitor(plastic, "w", record=[0, 4], name="weights"),
        back,
    )
