"""The names of a time step, and the evaluation of statements that use them."""

from __future__ import annotations

from collections.abc import Mapping

import jax

from bionet.gradient.arithmetic import OPERATIONS
from bionet.gradient.functions import FUNCTIONS
from bionet.gradient.model_code import Assignment

__all__ = ["Namespace", "RandomFunctions"]


class Namespace(dict):
    """Names of a step; subexpressions are worked out when they are asked for."""

    def __init__(self, subexpressions: Mapping[str, Assignment]):
        super().__init__()
        self._subexpressions = subexpressions
        self.functions = FUNCTIONS

    def __missing__(self, name: str):
        if name in self._subexpressions:
            return self.value(self._subexpressions[name])
        raise KeyError(name)

    def evaluate(self, code):
        """Return the value of compiled Python."""
        return eval(code, {"__builtins__": {}, **OPERATIONS, **self.functions}, self)

    def value(self, assignment: Assignment):
        """Return the right-hand side of a statement."""
        return self.evaluate(assignment.code)

    def assign(self, assignment: Assignment) -> None:
        """Execute a statement."""
        self[assignment.target] = self.value(assignment)


class RandomFunctions:
    """``rand()`` and ``randn()`` of initial values, one draw for each time they are called."""

    def __init__(self, key, shape, dtype):
        self._key, self._shape, self._dtype = key, shape, dtype

    def functions(self) -> dict:
        """Return them by their names in Brian2."""
        return {"rand": self._draw(jax.random.uniform), "randn": self._draw(jax.random.normal)}

    def _draw(self, distribution):
        def draw():
            if self._key is None:
                raise ValueError("an initial value of the model is random: give a key")
            self._key, key = jax.random.split(self._key)
            return distribution(key, self._shape, self._dtype)

        return draw
