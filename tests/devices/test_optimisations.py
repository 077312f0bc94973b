"""Which optimisations a network gets: each can be switched off, and strict ones change no bits.

Behaviour: refusals, and the C++ text that each optimisation changes. Reference: Brian2's own loops,
which a version of Brian2 that is not known gets.
"""

import re
import warnings

import numpy as np
import pytest
from brian2 import (
    Hz,
    Network,
    NeuronGroup,
    PoissonGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    ms,
)

from bionet.devices import OPTIMISATIONS, compile_network
from bionet.devices.cpp import device as cpp_device
from bionet.devices.cpp.choice import STOPS_THERE, TO_THE_FRONT
from bionet.devices.cpp.optimisations import ROUNDS_DIFFERENTLY, Optimisations
from bionet.devices.cpp_source import generate

N = 40
DURATION = 30  # ms
FUNCTION = re.compile(r"^void _run_\w+\(\)\n\{.*?^\}", re.M | re.S)
OUTPUTS = (
    "cells.v",
    "cells.g",
    "synapses.w",
    "delayed.w",
    "spikes.i",
    "spikes.t",
    "trace.n",
)


def everything():
    """Build a network with something for each of the optimisations."""
    cells = NeuronGroup(
        N,
        """dv/dt = (g + drive - v + 0.1*exp(-v))/(10*ms) : 1 (unless refractory)
        dg/dt = -g/(5*ms) : 1
        drive : 1 (constant)""",
        threshold="v > 1",
        reset="v = 0",
        refractory=2 * ms,
        method="euler",
        name="cells",
    )
    cells.drive = "1 + 0.07*i"
    ticks = NeuronGroup(N, "n : integer", threshold="True", reset="n += 1", name="ticks")
    noise = PoissonGroup(N, 50 * Hz, name="noise")
    model = "w : 1"
    plastic = {"on_pre": "g_post += w", "on_post": "w += 0.001"}
    synapses = Synapses(cells, cells, model, delay=1 * ms, name="synapses", **plastic)
    synapses.connect()
    synapses.w = "0.01*exp(-(i - j)**2/100)"
    delayed = Synapses(cells, cells, model, name="delayed", **plastic)
    delayed.connect(condition="(i + j) % 3 == 0")
    delayed.w = 0.01
    delayed.delay = "(1 + (i + 2*j) % 5)*0.3*ms"
    driven = Synapses(noise, cells, on_pre="g_post += 0.02", name="driven", delay=1 * ms)
    driven.connect("i == j")
    return Network(
        cells,
        ticks,
        noise,
        synapses,
        delayed,
        driven,
        SpikeMonitor(cells, name="spikes"),
        StateMonitor(ticks, "n", record=[0, 1], name="trace"),
    )


def small():
    group = NeuronGroup(3, "dx/dt = -x/(10*ms) : 1", method="exact", name="cells")
    group.x = [1.0, 2.0, 3.0]
    return Network(group)


def never_built():
    raise AssertionError("the network was built")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"strict": 1}, "strict must be True or False, got 1"),
        ({"strict": "yes"}, "strict must be True or False, got 'yes'"),
        ({"reordering": "all"}, "reordering must be one of none, allowed; got 'all'"),
        ({"reordering": True}, "reordering must be one of none, allowed; got True"),
        ({"without": "rows"}, "without must be a sequence of names, got 'rows'"),
        ({"without": None}, "without must be a sequence of names, got None"),
        ({"without": ["rows", "rwos"]}, "without names 'rwos'; there are"),
        ({"without": [3]}, "without names 3; there are"),
        ({"strict": True, "reordering": "allowed"}, "strict=True .* reordering='allowed' does not"),
    ],
)
@pytest.mark.parametrize("device", ["cpp", "runtime"])
def test_what_is_wrong_is_named_before_anything_is_built(
    stub_compiler, links, device, arguments, told
):
    with pytest.raises(ValueError, match=told):
        compile_network(never_built, 0.01, device=device, **arguments)
    assert links() == 0


def test_an_unknown_name_is_told_all_that_there_are():
    with pytest.raises(ValueError, match=r"without names 'x'") as error:
        Optimisations(without=["x"])
    assert set(re.findall(r"\w+", str(error.value).split("there are")[1])) == set(OPTIMISATIONS)


def test_each_is_said_in_a_sentence():
    for name, sentence in OPTIMISATIONS.items():
        assert name.isidentifier()
        assert 20 < len(sentence) < 100, name


@pytest.mark.parametrize("name", sorted(OPTIMISATIONS))
def test_strict_allows_what_rounds_the_same(name):
    strict, plain = Optimisations(strict=True), Optimisations()
    assert strict.allow(name) is (name not in ROUNDS_DIFFERENTLY)
    assert plain.allow(name) is (name != "scaled")
    assert Optimisations(reordering="allowed").allow(name)
    assert not Optimisations(reordering="allowed", without=[name]).allow(name)


def project(folder, precision="double", **chosen) -> dict[str, str]:
    """Return the C++ project of ``everything``, and what is explained of it."""
    folder.mkdir()
    chosen = Optimisations(**chosen)
    _, _, loops = generate(
        everything, 0.01, (), ("cells.v",), precision, folder, optimisations=chosen
    )
    files = {p.name: p.read_text() for p in folder.iterdir() if p.is_file()}
    return files | {"loops": repr(loops)}


@pytest.fixture(scope="module")
def projects(tmp_path_factory):
    """Write a project for a precision and what is switched off, once each."""
    made = {}

    def of(precision, *without):
        key = (precision, *without)
        if key not in made:
            folder = tmp_path_factory.mktemp("projects") / "one"
            made[key] = project(folder, precision, reordering="allowed", without=without)
        return made[key]

    return of


@pytest.mark.parametrize("name", sorted(OPTIMISATIONS))
def test_each_switches_something_off(projects, name):
    """The text of the loops differs, or the compiler's flags do."""
    precision = "single" if name == "float" else "double"
    with_it, without_it = projects(precision), projects(precision, name)
    differing = {key for key in with_it if with_it[key] != without_it.get(key)}
    assert {key for key in differing if key.endswith((".cpp", ".h", "makefile"))}, differing


def test_without_any_the_loops_are_brian2s_own(projects, tmp_path):
    """Each function of a step has the text that Brian2's own device writes."""
    from brian2.devices.cpp_standalone.device import CPPStandaloneDevice

    folder = tmp_path / "brian2"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "bionet.devices.cpp.device.cpp_device", lambda optimisations: CPPStandaloneDevice()
        )
        generate(everything, 0.01, (), ("cells.v",), "double", folder)
    project = projects("double", *sorted(OPTIMISATIONS))
    assert "bionet::" not in project["hot.cpp"]
    nothing = project["hot.cpp"] + project["cold.cpp"]
    # but for a search of Brian2's that may leave its array
    texts = [
        p.read_text().replace(TO_THE_FRONT, STOPS_THERE)
        for p in (folder / "code_objects").glob("*.cpp")
    ]
    functions = [f for text in texts for f in FUNCTION.findall(text)]
    assert len(functions) > 20
    assert [f for f in functions if f not in nothing] == []


def warned(caught) -> list[str]:
    return [str(w.message) for w in caught if "bionet's C++ loops" in str(w.message)]


@pytest.mark.compiles
def test_a_version_of_brian2_that_is_not_known(monkeypatch):
    """It gets Brian2's own templates, the right numbers, and is told so in one line."""
    monkeypatch.setattr(cpp_device, "KNOWN_VERSIONS", re.compile("1[.]0"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compiled = compile_network(small, 10 * ms, outputs=["cells.x"])
    (message,) = warned(caught)
    assert "\n" not in message
    assert "Brian2" in message
    np.testing.assert_allclose(compiled()["cells.x"], np.exp(-1) * np.arange(1, 4), rtol=1e-12)
    assert compiled.explain() == "all objects have Brian2's own loops"


def test_known_versions_are_not_warned_of():
    for version in ("2.10.1", "2.11", "2.11.3"):
        assert cpp_device.KNOWN_VERSIONS.fullmatch(version)
    for version in ("2.10.0", "2.9", "2.12", "2.110", "3.0"):
        assert not cpp_device.KNOWN_VERSIONS.fullmatch(version)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert isinstance(cpp_device.cpp_device(Optimisations()), cpp_device.CppDevice)
    assert not warned(caught)


@pytest.mark.slow
def test_strict_results_have_the_bits_of_brian2s_loops():
    """Reference: the same statements in Brian2's templates; random networks say it by default."""
    fast, brian2s = (
        compile_network(everything, DURATION * ms, outputs=OUTPUTS, strict=True, without=without)(
            seed=3
        )
        for without in ((), tuple(OPTIMISATIONS))
    )
    assert fast["spikes.i"].size > N
    for name in OUTPUTS:
        np.testing.assert_array_equal(fast[name], brian2s[name], err_msg=name)
