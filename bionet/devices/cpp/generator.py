"""Brian2's C++ generator, which also keeps what it translated: loops are made of it later.

Which loop an object gets depends on all objects of the network, so it is chosen when the network is
complete; until then each code object has Brian2's own text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from brian2.codegen.generators.cpp_generator import CPPCodeGenerator
from brian2.core.functions import DEFAULT_FUNCTIONS, Function
from brian2.core.preferences import prefs
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject
from brian2.devices.device import get_device
from brian2.input.timedarray import TimedArray
from brian2.utils.stringtools import get_identifiers, word_substitute

from bionet.devices.cpp.single_precision import DoubleRenderer, SingleRenderer, is_single

if TYPE_CHECKING:
    from bionet.devices.cpp.scaled import Scaled

__all__ = ["CppCodeObject", "LoopGenerator"]

PURE = [f for name, f in DEFAULT_FUNCTIONS.items() if name not in ("rand", "randn", "poisson")]


class LoopGenerator(CPPCodeGenerator):
    """Translates as Brian2 does, and keeps the statements.

    Attributes
    ----------
    scalar_statements, vector_statements : dict
        Statements of each block, as Brian2 made and optimised them.
    snippets : tuple
        What they became: scalar code, vector code, keywords for templates.
    scaled : dict
        Names of variables that are kept as a scale and a rest, to their `Scaled`.
    """

    def __init__(self, *args, **kwds):
        super().__init__(*args, **kwds)
        self._single, self._double = False, set()
        self.scaled: dict[str, Scaled] = {}
        device = get_device()
        single = prefs["core.default_float_dtype"] == np.float32
        self.float_is_single = single and device.optimisations.allow("float")
        device.generators[self.name] = self

    def translate_to_statements(self, statements, conditional_write_vars):
        """Translate; those of each neuron or synapse in single precision where they may be."""
        scalar = any(statements is block for block in self.scalar_statements.values())
        self._single = self.float_is_single and not scalar
        self._double = {s.var for s in statements if s.op == ":=" and not _is_float(s.dtype)}
        lines = super().translate_to_statements(statements, conditional_write_vars)
        self._single = False
        return lines

    def scales(self) -> list[str]:
        """Return the lines that read the scales of the scaled variables."""
        return [
            f"const {s.data_type} _scale_{n} = {s.name}.scale, _inverse_{n} = {s.name}.inverse;"
            for n, s in self.scaled.items()
        ]

    def _only_added_to(self, name: str) -> bool:
        """Whether the statements add to a variable and do nothing else with it."""
        block = self.vector_statements[None]
        added = all(s.op in ("+=", "-=") for s in block if s.var == name)
        return added and not any(name in get_identifiers(s.expr) for s in block)

    def translate_to_read_arrays(self, read, write, indices):
        """Read arrays; what is scaled is the product, where the code needs its value."""
        lines = super().translate_to_read_arrays(read, write, indices)
        for name in self.scaled:
            if not self._only_added_to(name):
                declares = re.compile(rf"^((?:const )?\w+ {name} = )(.*);$")
                lines = [declares.sub(rf"\1_scale_{name} * \2;", line) for line in lines]
        return lines

    def translate_to_write_arrays(self, write):
        """Write arrays, what is scaled as its rest."""
        lines = super().translate_to_write_arrays(write)
        for name in self.scaled:
            if not self._only_added_to(name):
                stores = re.compile(rf"^(\S+ = {name});$")
                lines = [stores.sub(rf"\1 * _inverse_{name};", line) for line in lines]
        return lines

    def translate_statement(self, statement):
        """Translate a statement; what is added to a scaled variable is scaled itself."""
        name = statement.var
        if self._single and not _is_float(statement.dtype):
            self._single = False
            line = super().translate_statement(statement)
            self._single = True
            return line
        if name not in self.scaled or not self._only_added_to(name):
            return super().translate_statement(statement)
        value = self.translate_expression(statement.expr)
        return f"{name} {statement.op} ({value}) * _inverse_{name};"

    def translate_expression(self, expr):
        """Translate an expression, in single precision where it may be."""
        if not self.float_is_single:
            return super().translate_expression(expr)
        single = self._single and is_single(expr, self.variables, self._double)
        expr = word_substitute(expr, self.func_name_replacements)
        if single:
            renderer = SingleRenderer(self.variables, self.auto_vectorise)
        else:
            renderer = DoubleRenderer(auto_vectorise=self.auto_vectorise)
        return renderer.render_expr(expr).strip()

    def translate_statement_sequence(self, sc_statements, ve_statements):
        """Translate, and keep what was translated."""
        self.scalar_statements, self.vector_statements = sc_statements, ve_statements
        self.snippets = super().translate_statement_sequence(sc_statements, ve_statements)
        return self.snippets

    @property
    def flag_type(self) -> str:
        """An integer as wide as state variables, so that both fit one vector."""
        return "int32_t" if prefs["core.default_float_dtype"] == np.float32 else "int64_t"

    def array_of(self, name: str) -> str:
        """Return the pointer to the array of a variable."""
        return self.get_array_name(self.variables[name])

    def identifiers(self) -> set[str]:
        """Return all names that the statements use."""
        blocks = [*self.scalar_statements.values(), *self.vector_statements.values()]
        return {n for block in blocks for s in block for n in {s.var, *get_identifiers(s.expr)}}

    def is_whole(self, name: str) -> bool:
        """Return whether a variable of the network, or of the scalar code, is a whole number."""
        types = {s.var: s.dtype for s in self.scalar_statements[None] if s.op == ":="}
        dtype = types.get(name, getattr(self.variables.get(name), "dtype", None))
        return dtype is not None and np.issubdtype(dtype, np.integer)

    def functions(self) -> set[str]:
        """Return the names of the functions that the statements call."""
        variables = self.variables
        return {n for n in self.identifiers() if isinstance(variables.get(n), Function)}

    def pure_functions(self) -> set[str]:
        """Return those of the functions that may be called twice without a difference."""
        named = {n: self.variables[n] for n in self.functions()}
        return {n for n, f in named.items() if f in PURE or isinstance(f, TimedArray)}

    def independent(self, indices: set[str], but: set[str] = frozenset()) -> bool:
        """Return whether no element depends on another one: on what is written, on a call of it.

        Parameters
        ----------
        indices : set of str
            Names of indices that are different for each element.
        but : set of str
            Variables that are read before the loop.
        """
        if self.functions() > self.pure_functions():
            return False
        read, write, _, _ = self.arrays_helper(self.vector_statements[None])
        used = [n for n in self.without_scalars(read, write) | write if n not in but]
        by_array: dict[str, set[str]] = {}
        for name in used:
            by_array.setdefault(self.array_of(name), set()).add(self.variable_indices[name])
        return all(len(own) == 1 and own <= indices for own in by_array.values())

    def without_scalars(self, read: set[str], write: set[str]) -> set[str]:
        """Return the names in `read` that scalar code does not read already."""
        return {n for n in read if not self.variables[n].scalar or n in write}

    def declared(self, names: Iterable[str], *, constant: bool) -> list[str]:
        """Return the lines that read variables from their arrays."""
        names = set(names)
        return self.translate_to_read_arrays(names, set() if constant else names, set())


def _is_float(dtype) -> bool:
    return dtype in (np.float32, bool, np.bool_)


class CppCodeObject(CPPStandaloneCodeObject):
    """Brian2's standalone code object, made by `LoopGenerator`."""

    generator_class = LoopGenerator
