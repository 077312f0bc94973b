"""Behaviour: what cannot fit is refused by its keys, what fits is not."""

from types import SimpleNamespace

import psutil
import pytest
from mutated_configurations import PROTOCOLS

from bionet.runs import ConfigurationError, read_configuration
from bionet.runs.memory import require_memory

PATHS = sorted(PROTOCOLS.glob("*/*.toml"))


def with_memory(monkeypatch, size):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=size))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_protocol_fits_a_small_machine(path, monkeypatch):
    """An estimate from below must never stand in the way: 4 GB are enough for each."""
    with_memory(monkeypatch, 4e9)
    require_memory(*read_configuration(path))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_protocol_needs_some(path, monkeypatch):
    """And is refused where there is none, by keys that it has."""
    with_memory(monkeypatch, 1e3)
    with pytest.raises(ConfigurationError, match=r"[a-z_]+.*: need .* GB of memory or more; this"):
        require_memory(*read_configuration(path))


def test_the_largest_array_is_named(monkeypatch):
    """Synapses: p (n_exc + n_inh)^2 of them, 12 bytes each at the least."""
    kind, configuration = read_configuration(PROTOCOLS / "vaze_2022_meta_learning/target_10hz.toml")
    synapses = 0.02 * 10_000**2
    with_memory(monkeypatch, 12 * synapses)
    require_memory(kind, configuration)
    with_memory(monkeypatch, 12 * synapses - 1)
    keys = "network.n_exc, network.n_inh and network.connection_probability: need 0.024 GB"
    with pytest.raises(ConfigurationError, match=keys):
        require_memory(kind, configuration)
