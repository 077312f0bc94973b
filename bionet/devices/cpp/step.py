"""The code objects of a time step, in their order, and what they read and write."""

from __future__ import annotations

from bionet.devices.cpp.accesses import Accesses, accesses
from bionet.devices.network_objects import referent

__all__ = ["Step"]


class Step:
    """The code objects of a time step in their order.

    Attributes
    ----------
    objects : list of tuple
        Brian2's object and its code objects.
    order : list of CodeObject
    """

    def __init__(self, network, device):
        self.device = device
        self.objects = [
            (obj, [referent(c) for c in obj._code_objects])
            for obj in network.sorted_objects
            if obj.active
        ]
        self.order = [c for _, code_objects in self.objects for c in code_objects]
        self._accesses = {c.name: accesses(c, device.generators.get(c.name)) for c in self.order}

    def accesses(self, code_object) -> Accesses:
        """Return what a code object of the step reads and writes."""
        return self._accesses[code_object.name]

    def between(self, first, last) -> list:
        """Return the code objects after `first` and before `last`."""
        return self.order[self.order.index(first) + 1 : self.order.index(last)]

    def others_that_use(self, variable, but: tuple, *, writes: bool) -> list[str]:
        """Return the names of the code objects, save some, that read or write a variable."""
        return [
            c.name
            for c in self.order
            if all(c is not b for b in but)
            and (
                variable in self.accesses(c).written
                or (not writes and variable in self.accesses(c).read)
            )
        ]
