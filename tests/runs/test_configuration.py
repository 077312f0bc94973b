"""TOML to dataclasses and back: exact round trips, and one clear line for each mistake."""

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bionet.runs.configuration import ConfigurationError, from_table, load_toml, to_table, to_toml
from bionet.runs.kinds import read_configuration
from bionet.runs.quantities import Unit

finite = st.floats(allow_nan=False, allow_infinity=False)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@dataclass(frozen=True)
class Stage:
    """A table in an array of tables."""

    duration: Annotated[float, Unit("s")]
    rates: Annotated[tuple[float, ...], Unit("Hz")] = ()


@dataclass(frozen=True)
class Network:
    """A nested table whose keys all have defaults."""

    neurons: int = 100
    voltage: Annotated[float | None, Unit("mV")] = None
    weights: tuple[Annotated[float, Unit("nS")], float] = (1e-9, 2.0)


@dataclass(frozen=True)
class Everything:
    """A key of every type."""

    name: str
    network: Network
    scale: float = 1.0
    plastic: bool = False
    aggregate: Literal["mean", "max"] = "mean"
    stages: tuple[Stage, ...] = ()
    label: str | None = None
    sizes: tuple[int, ...] = ()
    order: Literal[1, 2] = 1


everything = st.builds(
    Everything,
    name=text,
    network=st.builds(
        Network,
        neurons=st.integers(-(2**63), 2**63 - 1),
        voltage=st.none() | finite,
        weights=st.tuples(finite, finite),
    ),
    scale=st.floats(allow_nan=False),
    plastic=st.booleans(),
    aggregate=st.sampled_from(["mean", "max"]),
    stages=st.lists(
        st.builds(Stage, duration=finite, rates=st.lists(finite, max_size=3).map(tuple)),
        max_size=3,
    ).map(tuple),
    label=st.none() | text,
    sizes=st.lists(st.integers(0, 9), max_size=3).map(tuple),
    order=st.sampled_from([1, 2]),
)


@given(everything)
@settings(max_examples=50)
def test_resolved_configuration_reads_back_equal(configuration):
    """Closed form: writing and reading is the identity, floats to the last bit."""
    import tomllib

    table = tomllib.loads(to_toml("everything", configuration))
    assert table.pop("kind") == "everything"
    assert from_table(Everything, table, "x.toml") == configuration


def test_defaults_are_filled_in():
    """Behaviour: the resolved table holds every key but those that are None."""
    configuration = from_table(Everything, {"name": "a"}, "x.toml")
    assert configuration == Everything("a", Network())
    table = to_table(configuration)
    assert table["network"] == {"neurons": 100, "weights": ["1 nS", 2.0]}
    assert set(table) == {
        *("name", "network", "scale", "plastic", "aggregate", "stages", "sizes", "order")
    }


def test_integers_are_numbers():
    """Behaviour: ``scale = 2`` is the float 2.0."""
    assert type(from_table(Everything, {"name": "a", "scale": 2}, "x.toml").scale) is float


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ({}, "x.toml: name: missing; expected text"),
        ({"name": "a", "nam": 1}, "x.toml: nam: unknown key; did you mean 'name'?"),
        (
            {"name": "a", "zzz": 1},
            "x.toml: zzz: unknown key; allowed are name, network, scale, plastic, aggregate, "
            "stages, label, sizes, order",
        ),
        ({"name": 3}, "x.toml: name: expected text; found 3"),
        ({"name": "a", "plastic": 1}, "x.toml: plastic: expected true or false; found 1"),
        ({"name": "a", "scale": True}, "x.toml: scale: expected a number; found true"),
        ({"name": "a", "scale": "1"}, 'x.toml: scale: expected a number; found "1"'),
        ({"name": "a", "scale": float("nan")}, "x.toml: scale: expected a number; found nan"),
        ({"name": "a", "scale": 10**400}, "x.toml: scale: the number is too large"),
        (
            {"name": "a", "aggregate": "median"},
            'x.toml: aggregate: expected one of "mean", "max"; found "median"',
        ),
        ({"name": "a", "order": True}, "x.toml: order: expected one of 1, 2; found true"),
        (
            {"name": "a", "network": {"neurns": 3}},
            "x.toml: network.neurns: unknown key; did you mean 'neurons'?",
        ),
        (
            {"name": "a", "network": {"neurons": 3.0}},
            "x.toml: network.neurons: expected an integer; found 3.0",
        ),
        (
            {"name": "a", "network": {"voltage": "3 Hz"}},
            "x.toml: network.voltage: expected a quantity that converts to mV, such as "
            '"1 mV"; found "3 Hz"',
        ),
        (
            {"name": "a", "network": {"voltage": 3}},
            'x.toml: network.voltage: expected a quantity with its unit, such as "1 mV"; found 3',
        ),
        (
            {"name": "a", "network": 3},
            "x.toml: network: expected a table with neurons, voltage, weights; found 3",
        ),
        ({"name": "a", "sizes": 3}, "x.toml: sizes: expected a list, each an integer; found 3"),
        ({"name": "a", "sizes": [1, "b"]}, 'x.toml: sizes[1]: expected an integer; found "b"'),
        (
            {"name": "a", "network": {"weights": ["1 nS"]}},
            "x.toml: network.weights: expected 2 values; found 1",
        ),
        ({"name": "a", "stages": [{}]}, "x.toml: stages[0].duration: missing; expected a quantity"),
        (
            {"name": "a", "stages": [{"duration": "1 s"}, {"duration": "1 s", "rates": ["2"]}]},
            "x.toml: stages[1].rates[0]: expected a quantity with its unit",
        ),
    ],
)
def test_a_mistake_is_one_line_that_names_the_key(table, line):
    """Behaviour: file, dotted key, what was expected and what was found."""
    with pytest.raises(ConfigurationError) as raised:
        from_table(Everything, table, "x.toml")
    assert str(raised.value).startswith(line)
    assert "\n" not in str(raised.value)


def test_long_and_strange_values_stay_on_one_line():
    """Behaviour: a key with a line break and a long value cannot break the line."""
    with pytest.raises(ConfigurationError) as raised:
        from_table(Everything, {"name": "a", "na\nme": 1}, "x.toml")
    assert "\n" not in str(raised.value)
    with pytest.raises(ConfigurationError) as raised:
        from_table(Everything, {"name": ["x\n" * 1000]}, "x.toml")
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 150


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a = \nb = 1", "not a TOML file: .*line 1"),
        (b"a = 1\na = 2\nb = 1", "not a TOML file: .*line 2"),
        (b"\xff\xfe", "not UTF-8"),
        (b"a = " + b"9" * 5000, "not a TOML file"),
        (b"a = " + b"[" * 100000, "not a TOML file"),
    ],
)
def test_a_file_that_is_no_toml_is_named(tmp_path, content, said):
    """Behaviour: whatever the bytes, one ConfigurationError that names the file."""
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=f"x.toml: .*{said}") as raised:
        load_toml(path)
    assert "\n" not in str(raised.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    """Behaviour: both are configuration errors."""
    with pytest.raises(ConfigurationError, match=r"absent.toml: there is no such file"):
        load_toml(tmp_path / "absent.toml")
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        load_toml(tmp_path)


def test_refusals_of_the_dataclass_are_configuration_errors(write_config):
    """Behaviour: a ValueError of __post_init__ is told with the table's name."""
    path = write_config('steps = 4\n[drive]\nrate = "-1 Hz"\n')
    with pytest.raises(ConfigurationError, match=r"config.toml: drive: rate must be positive"):
        read_configuration(path)


def test_unknown_and_missing_kind_are_named(write_config):
    """Behaviour: the kinds there are, are listed."""
    with pytest.raises(ConfigurationError, match=r'kind: expected one of .*"toy"; found "tyo"'):
        read_configuration(write_config(kind="tyo"))
    with pytest.raises(ConfigurationError, match="kind: missing; expected one of"):
        read_configuration(write_config(kind=None))


def test_kind_is_read_with_its_configuration(write_config):
    """Behaviour: quantities arrive as SI floats."""
    kind, configuration = read_configuration(
        write_config('steps = 4\n[drive]\nrate = "0.01 kHz"\nweights = ["3 nS", "20 pS"]\n')
    )
    assert kind.name == "toy"
    assert configuration.drive.rate == 10.0
    assert configuration.drive.weights == (3e-9, 20e-12)


def test_declarations_that_toml_cannot_hold_are_the_authors_error():
    """Behaviour: a TypeError that names the field, not a wrong configuration."""

    @dataclass(frozen=True)
    class Unwritable:
        size: int | None = 3

    @dataclass(frozen=True)
    class Unreadable:
        sizes: dict = None

    @dataclass(frozen=True)
    class Ambiguous:
        size: int | str = 3

    with pytest.raises(TypeError, match=r"Unwritable.size may be None"):
        from_table(Unwritable, {}, "x.toml")
    with pytest.raises(TypeError, match=r"Unreadable.sizes: .* cannot be read from TOML"):
        from_table(Unreadable, {}, "x.toml")
    with pytest.raises(TypeError, match=r"Ambiguous.size: .* cannot be read from TOML"):
        from_table(Ambiguous, {}, "x.toml")
