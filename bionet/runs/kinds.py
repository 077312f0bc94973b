"""Which kinds of protocol there are, each imported when a configuration asks for it."""

from importlib import import_module
from pathlib import Path
from typing import Any

from bionet.errors import BionetError
from bionet.runs.configuration import ConfigurationError, from_table, load_toml
from bionet.runs.kind import Kind

#: Name of a kind to "module:attribute", where its `Kind` stands.
KINDS: dict[str, str] = {
    "dendritic_balance": "bionet.runs.dendritic_balance:KIND",
    "ei_tuning": "bionet.runs.ei_tuning:KIND",
    "meta_learning": "bionet.runs.meta_learning:KIND",
    "simulation": "bionet.runs.simulation:KIND",
    "student_network": "bionet.runs.student_network:KIND",
    "student_neuron": "bionet.runs.student_neuron:KIND",
    "surrogate_training": "bionet.runs.surrogate_training:KIND",
    "weight_transport": "bionet.runs.weight_transport:KIND",
}


def kind_named(name: Any, source: str | Path) -> Kind:
    """Return the kind of that name, as the configuration file `source` asks for it.

    Raises
    ------
    ConfigurationError
        If there is no such kind; names the file and the kinds there are.
    BionetError
        If the kind needs a package that is not installed; names it.
    """
    allowed = ", ".join(f'"{kind}"' for kind in KINDS)
    if name is None:
        raise ConfigurationError(f"{source}: kind: missing; expected one of {allowed}")
    if not isinstance(name, str) or name not in KINDS:
        found = f'"{name}"' if isinstance(name, str) else type(name).__name__
        raise ConfigurationError(f"{source}: kind: expected one of {allowed}; found {found}")
    module, attribute = KINDS[name].split(":")
    try:
        return getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("bionet"):
            raise
        raise BionetError(f"kind {name!r} needs the package {error.name!r}: install it") from error


def read_configuration(path: str | Path) -> tuple[Kind, Any]:
    """Read a TOML file into its kind and that kind's configuration.

    Raises
    ------
    ConfigurationError
        If the file, its kind or one of its keys is wrong; one line that names the key.
    """
    table = load_toml(path)
    kind = kind_named(table.pop("kind", None), path)
    return kind, from_table(kind.configuration, table, path)
