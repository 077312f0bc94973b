"""Two translation units for a network: hot (what runs in a step) and cold (everything else).

Brian2 writes a file for each thing that happens, 40 for a plastic balanced network, and parsing the
same headers takes 85 % of the compiler's time for each. Here the code objects stand side by side,
each in a namespace of its own, since support code repeats. The standard headers are precompiled
once for all networks of a machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bionet.devices.cpp.precompiled import STANDARD_HEADERS

__all__ = ["CodeObjectText", "Units", "declarations", "joined"]

#: What no namespace can hold: code that includes headers or opens namespaces of its own.
NOT_IN_A_NAMESPACE = re.compile(r"^\s*(#\s*include|(inline\s+)?namespace\s+\w+|extern\s+\")", re.M)
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*(\S.*)$", re.M)
DEFINE = re.compile(r"^[ \t]*#[ \t]*(?:define|undef)[ \t]+(\w+)", re.M)
#: Headers that may be included once for all: Brian2's, bionet's and the standard library's.
SHARED = re.compile(r'"(objects|synapses_classes|declared|brianlib/\w+)\.h"')
STANDARD = set(INCLUDE.findall(STANDARD_HEADERS.read_text()))
SUPPORT = "////// SUPPORT CODE ///////"
FUNCTION = re.compile(r"^void (_\w+)\(\)", re.M)


@dataclass(frozen=True)
class CodeObjectText:
    """The C++ of one code object (or of what it does before or after a run).

    Attributes
    ----------
    name : str
        Of the code object; its namespace is named after it.
    includes : tuple of str
        What its file includes, as it stands behind ``#include``.
    body : str
        The rest of the file.
    """

    name: str
    includes: tuple[str, ...]
    body: str

    @classmethod
    def of(cls, name: str, text: str) -> CodeObjectText:
        """Return the parts of a file that Brian2's templates made."""
        head, mark, rest = text.partition(SUPPORT)
        includes = tuple(i for i in INCLUDE.findall(head) if "code_objects/" not in i)
        return cls(name, includes, mark + rest)

    @property
    def namespace(self) -> str:
        """The namespace that holds it."""
        return f"of_{self.name}"

    @property
    def functions(self) -> list[str]:
        """The functions that others call."""
        return FUNCTION.findall(self.body)

    @property
    def stands_alone(self) -> bool:
        """Whether it needs a file of its own: a user's header may hold a state for each file."""
        names = (name.strip() for name in self.includes)
        foreign = [n for n in names if not (SHARED.fullmatch(n) or n in STANDARD)]
        return bool(foreign) or bool(
            NOT_IN_A_NAMESPACE.search(self.body.replace("namespace {", ""))
        )

    def in_namespace(self) -> str:
        """Return the code in its namespace; its macros end with it."""
        macros = dict.fromkeys(DEFINE.findall(self.body))
        before = "".join(f'#pragma push_macro("{name}")\n' for name in macros)
        after = "".join(f'#pragma pop_macro("{name}")\n' for name in macros)
        return f"{before}namespace {self.namespace} {{\n{self.body}\n}}\n{after}"


@dataclass
class Units:
    """The texts of all code objects by where they are compiled."""

    hot: dict[str, CodeObjectText] = field(default_factory=dict)
    cold: dict[str, CodeObjectText] = field(default_factory=dict)
    alone: dict[str, CodeObjectText] = field(default_factory=dict)

    def add(self, text: CodeObjectText, *, is_hot: bool) -> None:
        """Put a code object where it belongs."""
        where = self.alone if text.stands_alone else self.hot if is_hot else self.cold
        where[text.name] = text

    def __iter__(self):
        return iter([*self.hot.values(), *self.cold.values(), *self.alone.values()])


def declarations(units: Units) -> str:
    """Return the header that declares the functions of all code objects."""
    lines = ["#pragma once"]
    for text in units:
        for function in text.functions:
            declared = f"void {function}();"
            if text.name not in units.alone:
                declared = f"namespace {text.namespace} {{ {declared} }}"
                declared += f" using {text.namespace}::{function};"
            lines.append(declared)
    return "\n".join(lines) + "\n"


def joined(texts: Mapping[str, CodeObjectText], first: Iterable[str], last: str = "") -> str:
    """Return one translation unit: includes, each code object in its namespace, and `last`."""
    texts = texts.values()
    includes = dict.fromkeys([*first, *(i for text in texts for i in text.includes)])
    head = "".join(f"#include {name}\n" for name in includes)
    return head + "".join(text.in_namespace() for text in texts) + last
