"""Configuration of kind ``simulation``, behaviour: what is refused, what reaches a network."""

import pytest
from brian2 import NeuronGroup, Synapses
from made_up_simulation import CURRENTS, PLASTIC, STATIC, WARMUP, made_up_network

from bionet.networks import Recording
from bionet.runs import ConfigurationError, RunDirectory, read_configuration
from bionet.runs.command import main
from bionet.runs.configuration_checks import FEWEST_SYNAPSES
from bionet.runs.simulated_network import inputs_of
from bionet.runs.simulation_configuration import Simulation


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[conductances]\nee", "[currents]\nee", "currents.ee: expected a quantity"),
        ("[network]\nn_exc = 20", '[network]\nmodel = "current_lif"\nn_exc = 20', "[currents]"),
        ("ii = 6.7", "ii = -6.7", "conductances: ii must not be negative; found -6.7"),
        ("seeds = [3, 1, 2]", "seeds = [3, 1, 3]", "simulation: seeds names a value twice"),
        ('warmup = "1 s"', 'warmup = "5 s"', "warmup must end 0.1 s before duration or earlier"),
        ("recorded_neurons = 8", "recorded_neurons = 21", "must not exceed network.n_exc"),
        ("[simulation]", "[plasticity]\nw_max = 5.0\n[simulation]", "must not exceed plasticity"),
        ("[simulation]", "[plasticity]\neta = 0.0\n[simulation]", "plasticity: eta must lie in"),
        ("[simulation]", '[kick]\nrate = "0 Hz"\n[simulation]', "kick: rate must be positive"),
    ],
)
def test_a_wrong_configuration_is_named(write, old, new, said):
    """One line that names the key or the table."""
    assert old in STATIC
    with pytest.raises(ConfigurationError, match=r"config\.toml: ") as error:
        read_configuration(write(STATIC.replace(old, new)))
    assert said in str(error.value)


def test_currents_are_quantities(write):
    """Weights of current-based neurons carry their unit, and inhibitory ones their sign."""
    _, configuration = read_configuration(write(CURRENTS))
    assert configuration.weights == configuration.currents
    assert configuration.weights.ie == -9e-3
    with pytest.raises(ConfigurationError, match=r"currents: ie must lie in .*; found 9 mV"):
        read_configuration(write(CURRENTS.replace('"-9 mV"', '"9 mV"')))


def test_plasticity_needs_conductances(write):
    """The rule's weights are in units of the leak conductance."""
    with pytest.raises(ConfigurationError, match="needs the model conductance_lif"):
        read_configuration(write(CURRENTS + "[plasticity]\n"))


def test_so_few_plastic_synapses_that_none_may_be_there_are_refused(write):
    """The least that is let through is recorded; a network without any would have no weights."""
    fewer = PLASTIC.replace("connection_probability = 0.5", "connection_probability = 0.39")
    with pytest.raises(ConfigurationError, match="must give 40 plastic synapses"):
        read_configuration(write(fewer))
    read_configuration(write(fewer.replace("[plasticity]", "[kick]\n").split("target_rate")[0]))
    cells = NeuronGroup(10, "", name="cells")
    synapses = Synapses(cells, cells, "w : 1", name="ie")
    synapses.connect()
    assert Recording(weights=1000).of_weights(synapses, FEWEST_SYNAPSES)


def test_the_resolved_configuration_reads_back(tmp_path, write, use_network):
    """All tables, the optional ones included."""
    use_network(made_up_network)
    text = PLASTIC + '[kick]\nuntil = "20 ms"\n'
    main(["run", str(write(text)), "--out", str(tmp_path / "run")])
    _, configuration = read_configuration(write(text))
    assert RunDirectory.open(tmp_path / "run").load_configuration(Simulation) == configuration


def test_inputs_carry_every_number(write):
    """Weights, drive and the rule reach the network as inputs, under its own names and in SI."""
    text = PLASTIC.replace("ie = 6.7", "ie = 0.5") + 'eta = 2e-3\n[kick]\nuntil = "20 ms"\n'
    text = text.replace("n_exc = 20", 'background = "20 mV"\nn_exc = 20')
    inputs = inputs_of(read_configuration(write(text))[1])
    assert inputs["exc.i_background"] == inputs["inh.i_background"] == 0.02
    assert (inputs["ee.w"], inputs["ie.w_initial"], inputs["ii.w"]) == (0.6, 0.5, 6.7)
    assert "ie.w" not in inputs
    assert inputs["poisson_exc.w"] == inputs["poisson_inh.w"] == 0.6
    # Vogels et al. 2011: alpha = -2 eta rate tau
    assert inputs["ie.alpha"] == pytest.approx(-2 * 2e-3 * 3 * 0.02)
    assert inputs["ie.kappa"] == inputs["ie.gamma"] == 2e-3
    assert inputs["exc.warmup_end"] == inputs["inh.warmup_end"] == WARMUP
