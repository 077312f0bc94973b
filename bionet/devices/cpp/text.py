"""C++ text from the templates of this folder."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

__all__ = ["indented", "rendered"]


@cache
def _environment():
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("bionet.devices.cpp"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


def rendered(template: str, **names) -> str:
    """Return a template with the names filled in; a list of lines is a text."""
    names = {k: "\n".join(v) if _is_text(v) else v for k, v in names.items()}
    return _environment().get_template(template).render(**names)


def _is_text(value) -> bool:
    return isinstance(value, list) and all(isinstance(line, str) for line in value)


def indented(lines: str | Iterable[str], depth: int) -> str:
    """Return lines of code, indented by `depth` levels."""
    text = lines if isinstance(lines, str) else "\n".join(lines)
    return "\n".join("    " * depth + line for line in text.splitlines())
