"""TOML configurations: a file to frozen dataclasses, and back with every default filled in.

A kind of protocol declares its configuration as a frozen dataclass; a nested dataclass is a TOML
table, a tuple of dataclasses an array of tables::

    @dataclass(frozen=True)
    class Network:
        neurons: int
        time_constant: Annotated[float, Unit("ms")] = 0.02      # an SI float: 20 ms
        targets: Annotated[tuple[float, ...], Unit("Hz")] = ()

Allowed are ``bool``, ``int``, ``float``, ``str``, ``Literal[...]``, ``tuple[...]``, frozen
dataclasses, and ``... | None`` with default ``None`` (TOML has no null; ``None`` is a key left
out).
Checks that go beyond types belong in ``__post_init__`` as ``ValueError``.
"""

import difflib
import math
import tomllib
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from bionet.errors import BionetError
from bionet.runs.quantities import Unit, format_quantity, parse_quantity
from bionet.wording import counted


class ConfigurationError(BionetError):
    """A configuration that cannot be read: names the file, the key, what was found and expected."""


@dataclass(frozen=True)
class _Place:
    """Where in which file a value stands, for the errors."""

    source: str
    key: str = ""

    def error(self, message: str) -> ConfigurationError:
        line = " ".join(f"{self.key}: {message}".split()) if self.key else " ".join(message.split())
        return ConfigurationError(f"{self.source}: {line}")

    def child(self, name: str) -> "_Place":
        return _Place(self.source, f"{self.key}.{name}" if self.key else name)

    def item(self, index: int) -> "_Place":
        return _Place(self.source, f"{self.key}[{index}]")


@contextmanager
def refused_under(key: str) -> Iterator[None]:
    """Let what goes wrong with a file that a key names be a refusal of that key."""
    try:
        yield
    except (BionetError, ValueError, OSError) as error:
        told = " ".join(str(error).split())
        raise ConfigurationError(told if key in told else f"{key}: {told}") from error


def load_toml(path: str | Path) -> dict[str, Any]:
    """Content of a TOML file.

    Raises
    ------
    ConfigurationError
        If the file is missing, cannot be read or is not TOML; names it and the line.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8")
        return tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: there is no such file") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: not a TOML file: it is not UTF-8 text") from error
    except (ValueError, RecursionError) as error:  # TOMLDecodeError, or an absurd number or depth
        message = " ".join(str(error).split())
        raise ConfigurationError(f"{path}: not a TOML file: {message}") from error


def from_table[T](configuration: type[T], table: dict[str, Any], source: str | Path) -> T:
    """Read a dataclass from a TOML table.

    Parameters
    ----------
    configuration : type
        Frozen dataclass that declares the keys, see the module's docstring.
    table : dict
        What `load_toml` gives (without the key ``kind``).
    source : str or Path
        The file's name, for errors.

    Raises
    ------
    ConfigurationError
        For an unknown or missing key, a wrong type or unit, or a value the dataclass refuses.
    """
    return _read_dataclass(configuration, table, _Place(str(source)))


def to_table(configuration: Any) -> dict[str, Any]:
    """TOML table of a dataclass: all fields, quantities as text, ``None`` left out."""
    declared = _declared(type(configuration))
    values = ((name, getattr(configuration, name), hint) for name, (_, hint) in declared.items())
    return {name: _write(hint, value) for name, value, hint in values if value is not None}


def to_toml(kind: str, configuration: Any) -> str:
    """Text of the resolved configuration; reading it gives an equal dataclass."""
    import tomli_w

    return tomli_w.dumps({"kind": kind, **to_table(configuration)})


@cache
def _declared(cls: type) -> dict[str, tuple[Field, Any]]:
    """Fields of a dataclass that are read from TOML, each with its type.

    Raises
    ------
    TypeError
        If a field has a type that TOML cannot hold, or is optional with another default than
        ``None``: its ``None`` could not be written.
    """
    hints = get_type_hints(cls, include_extras=True)
    declared = {field.name: (field, hints[field.name]) for field in fields(cls) if field.init}
    for name, (field, hint) in declared.items():
        if _is_optional(hint) and field.default is not None:
            raise TypeError(f"{cls.__name__}.{name} may be None, so None must be its default")
        try:
            _expected(hint)
        except (KeyError, ValueError):
            raise TypeError(f"{cls.__name__}.{name}: {hint} cannot be read from TOML") from None
    return declared


def _is_optional(hint: Any) -> bool:
    if get_origin(hint) is Annotated:
        return _is_optional(get_args(hint)[0])
    return get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint)


def _read_dataclass(cls: type, table: dict[str, Any], place: _Place) -> Any:
    declared = _declared(cls)
    for key in table:
        if key not in declared:
            raise place.child(key).error(_unknown(key, list(declared)))
    values = {}
    for name, (field, hint) in declared.items():
        if name in table:
            values[name] = _read(hint, table[name], place.child(name))
        elif field.default is MISSING and field.default_factory is MISSING:
            if not is_dataclass(hint):
                raise place.child(name).error(f"missing; expected {_expected(hint)}")
            # An absent table stands for its defaults, or names its own first missing key.
            values[name] = _read_dataclass(hint, {}, place.child(name))
    try:
        return cls(**values)
    except (ValueError, TypeError, ArithmeticError) as error:
        raise place.error(str(error)) from error


def _unknown(key: str, allowed: list[str]) -> str:
    near = difflib.get_close_matches(key, allowed, n=1)
    suggestion = f"did you mean {near[0]!r}?" if near else f"allowed are {', '.join(allowed)}"
    return f"unknown key; {suggestion}"


def _read(hint: Any, value: Any, place: _Place, unit: Unit | None = None) -> Any:
    """Value of one key, checked against its declared type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        units = [extra for extra in arguments[1:] if isinstance(extra, Unit)]
        return _read(arguments[0], value, place, units[0] if units else unit)
    if _is_optional(hint):
        return _read(_not_none(hint), value, place, unit)
    if origin is tuple:
        return _read_tuple(hint, value, place, unit)
    if is_dataclass(hint) and isinstance(value, dict):
        return _read_dataclass(hint, value, place)
    if hint is float and unit is not None and isinstance(value, str):
        try:
            return parse_quantity(value, unit)
        except ValueError as error:
            raise place.error(f"{error}; found {shown(value)}") from None
    if unit is None and _is_plain(hint, value):
        try:
            return float(value) if hint is float else value
        except OverflowError:
            raise place.error("the number is too large") from None
    raise place.error(f"expected {_expected(hint, unit)}; found {shown(value)}")


def _read_tuple(hint: Any, value: Any, place: _Place, unit: Unit | None) -> tuple:
    if not isinstance(value, list):
        raise place.error(f"expected {_expected(hint, unit)}; found {shown(value)}")
    item_hints = _item_hints(hint, len(value))
    if len(item_hints) != len(value):
        raise place.error(f"expected {counted(len(item_hints), 'value')}; found {len(value)}")
    items = enumerate(zip(item_hints, value, strict=True))
    return tuple(_read(item_hint, item, place.item(i), unit) for i, (item_hint, item) in items)


def _item_hints(hint: Any, length: int) -> list:
    arguments = get_args(hint)
    variable = len(arguments) == 2 and arguments[1] is Ellipsis
    return [arguments[0]] * length if variable else list(arguments)


def _not_none(hint: Any) -> Any:
    (inner,) = (argument for argument in get_args(hint) if argument is not type(None))
    return inner


def _is_plain(hint: Any, value: Any) -> bool:
    """Whether a TOML value has the plain type declared (a bool is no number)."""
    if get_origin(hint) is Literal:
        return any(value == allowed and type(value) is type(allowed) for allowed in get_args(hint))
    if hint is float:
        return type(value) is int or (type(value) is float and not math.isnan(value))
    return hint in (bool, int, str) and type(value) is hint


def _expected(hint: Any, unit: Unit | None = None) -> str:
    """Sentence part that says what a key takes."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        units = [extra for extra in arguments[1:] if isinstance(extra, Unit)]
        return _expected(arguments[0], units[0] if units else unit)
    if _is_optional(hint):
        return _expected(_not_none(hint), unit)
    if origin is Literal:
        return f"one of {', '.join(shown(value) for value in arguments)}"
    if origin is tuple:
        items = dict.fromkeys(_expected(item, unit) for item in _item_hints(hint, 1))
        return f"a list, each {' or '.join(items)}"
    if is_dataclass(hint):
        return f"a table with {', '.join(_declared(hint))}"
    if unit is not None:
        return f'a quantity with its unit, such as "1 {unit.text}"'
    return {bool: "true or false", int: "an integer", float: "a number", str: "text"}[hint]


def shown(value: Any) -> str:
    """Return a value as the user wrote it, cut to a line's length."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        text = f"[{', '.join(map(shown, value))}]"
    else:
        text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _write(hint: Any, value: Any, unit: Unit | None = None) -> Any:
    """TOML value of one field."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        units = [extra for extra in arguments[1:] if isinstance(extra, Unit)]
        return _write(arguments[0], value, units[0] if units else unit)
    if _is_optional(hint):
        return _write(_not_none(hint), value, unit)
    if origin is tuple:
        item_hints = _item_hints(hint, len(value))
        pairs = zip(item_hints, value, strict=True)
        return [_write(item_hint, item, unit) for item_hint, item in pairs]
    if is_dataclass(hint):
        return to_table(value)
    if hint is float:
        return format_quantity(value, unit) if unit is not None else float(value)
    return value
