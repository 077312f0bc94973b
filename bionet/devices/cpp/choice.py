"""Which loop each object of a step gets, and why not a faster one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from brian2.monitors.spikemonitor import EventMonitor
from brian2.monitors.statemonitor import StateMonitor
from brian2.synapses.synapses import SynapticPathway

from bionet.devices.cpp.flat_run import FlatRun
from bionet.devices.cpp.population_choice import BRIAN2, choose_populations
from bionet.devices.cpp.scaled import Scaled, decaying
from bionet.devices.cpp.state_loops import Population
from bionet.devices.cpp.step import Step
from bionet.devices.cpp.synapse_rows import Pathway, why_no_rows
from bionet.devices.cpp.text import rendered

__all__ = ["Choice", "choose"]

#: Brian2 searches the last spike of a subgroup, and on before the array where there is none.
TO_THE_FRONT = "for(size_t _j=_num_events-1; _j>=_start_idx; _j--)"
STOPS_THERE = "for(size_t _j=_num_events; _j-- > _start_idx; )"
RESIZE = re.compile(r"(\w+)\.resize\(_new_size, _num_indices\);")
RESIZE_ONE = (
    r"if (size_t(\1.m) == _num_indices) \1.resize_along_first(_new_size);\n"
    r"    else \1.resize(_new_size, _num_indices);"
)


@dataclass
class Choice:
    """The loops of a network.

    Attributes
    ----------
    pathways : list of Pathway
    populations : list of Population
    not_called : set of str
        Names of code objects whose work another one does.
    loops : dict
        Name of an object to its loop, and why it got no faster one; see `explanation`.
    run : FlatRun or None
        None where Brian2's own list of objects stays.
    """

    pathways: list[Pathway] = field(default_factory=list)
    populations: list[Population] = field(default_factory=list)
    not_called: set[str] = field(default_factory=set)
    loops: dict[str, dict] = field(default_factory=dict)
    run: FlatRun | None = None

    def say(self, name: str, loop: str, why_not: Sequence[str] = ()) -> None:
        """Note which loop an object got."""
        self.loops[name] = {"object": name, "loop": loop, "why_not": list(why_not)}

    def explained(self, objects: Iterable) -> list[dict]:
        """Return the loops of Brian2's objects in their order."""
        own = {"loop": BRIAN2, "why_not": []}
        return [self.loops.get(obj.name, {"object": obj.name} | own) for obj in objects]

    @property
    def finish(self) -> list[str]:
        """The lines after a run that leave Brian2's arrays as Brian2 would."""
        return [s.finish for p in self.populations for s in p.scaled.values()]

    def declarations(self) -> str:
        """Return the header that declares what the loops hold beside Brian2's arrays."""
        lines = [p.declaration for p in self.pathways]
        lines += [f"extern {line}" for p in self.populations for line in p.definitions]
        lines += [self.run.declaration] if self.run else []
        return rendered("declared.h", lines=tuple(lines))

    def definitions(self) -> str:
        """Return the lines that define them."""
        lines = [p.definition for p in self.pathways]
        lines += [line for p in self.populations for line in p.definitions]
        own = "".join(f"{line}\n" for line in lines)
        return f"namespace bionet {{\n{own}}}\n" + (self.run.text() if self.run else "")


def choose(device) -> Choice:
    """Choose the loops of all networks of a device and put them in place.

    Parameters
    ----------
    device : CppDevice
        Complete: nothing is added to it any more.

    Returns
    -------
    Choice
    """
    choice = Choice()
    runs = sum(statement == "run_network" for statement, _ in device.main_queue)
    for network in device.networks:
        step = Step(network, device)
        if runs == 1:
            choose_populations(choice, step, device)
        for obj, code_objects in step.objects:
            if isinstance(obj, SynapticPathway):
                _choose_rows(choice, obj, code_objects, device)
            elif isinstance(obj, StateMonitor):
                _choose_records(choice, obj, code_objects, device)
            elif isinstance(obj, EventMonitor):
                for code_object in code_objects:
                    text = code_object.code.cpp_file
                    code_object.code.cpp_file = text.replace(TO_THE_FRONT, STOPS_THERE)
        if runs == 1 and device.optimisations.allow("scaled"):
            _choose_scaled(choice, step, device)
        if runs == 1 and device.optimisations.allow("unread"):
            _choose_what_is_freed(choice, step, device)
    for pathway in choice.pathways:
        choice.loops[pathway.pathway.name]["loop"] = pathway.loop
    for chosen in (*choice.pathways, *choice.populations):
        chosen.install()
    return choice


def _choose_records(choice: Choice, obj, code_objects, device) -> None:
    """Let a record of a monitor cost the same however many there are already.

    Brian2 resizes both dimensions at each, and so walks over all records that there are.
    """
    allowed = device.optimisations.allow("records")
    for code_object in code_objects:
        if allowed:
            text = RESIZE.sub(RESIZE_ONE, code_object.code.cpp_file)
            code_object.code.cpp_file = text
    choice.say(obj.name, "records that grow in one dimension" if allowed else BRIAN2)


def _choose_rows(choice: Choice, obj, code_objects, device) -> None:
    reason = why_no_rows(obj, code_objects, device)
    if reason is not None:
        choice.say(obj.name, "Brian2's queue of synapses", [f"rows: {reason}"])
        return
    generator = device.generators[code_objects[1].name]
    choice.pathways.append(Pathway(obj, *code_objects, generator, device))
    choice.say(obj.name, "rows of synapses")  # its details below, when all is chosen


def _choose_scaled(choice: Choice, step: Step, device) -> None:
    """Choose the variables whose decay is a factor: all that uses them must know of it."""
    by_rows = {p.code.name: p.generator for p in choice.pathways}
    for population in choice.populations:
        if population.state is None:
            continue
        resets = {c.name for p in choice.populations for c in p.resets}
        knowing = by_rows | {name: device.generators[name] for name in resets}
        state = device.generators[population.state.name]
        for name, factor in decaying(state).items():
            variable = state.variables[name]
            names = {n for n in state.identifiers() if state.variables.get(n) is variable}
            if names != {name}:
                continue  # linked to itself: read under another name, of another neuron
            users = step.others_that_use(variable, (population.state,), writes=False)
            strangers = [user for user in users if knowing.get(user) is None]
            if strangers:
                stranger = strangers[0].removesuffix("_codeobject")
                choice.loops[f"{population.group.name}_stateupdater"]["why_not"].append(
                    f"common factor for {name}: {stranger} uses it"
                )
                continue
            scaled = Scaled(
                variable, device.arrays[variable], state.c_data_type(variable.dtype), factor
            )
            population.scaled[name] = scaled
            state.scaled[name] = scaled
            for user in users:
                generator = knowing[user]
                for own, used in generator.variables.items():
                    if used is variable and own in generator.identifiers():
                        generator.scaled[own] = scaled
        if population.scaled:
            names = ", ".join(population.scaled)
            choice.loops[f"{population.group.name}_stateupdater"]["loop"] += (
                f"; common factor for {names}"
            )


def _choose_what_is_freed(choice: Choice, step: Step, device) -> None:
    """Free the arrays of pre- and postsynaptic neurons where the rows are all that is needed."""
    by_synapses: dict[str, list[Pathway]] = {}
    for pathway in choice.pathways:
        by_synapses.setdefault(pathway.pathway.synapses.name, []).append(pathway)
    n_pathways = Counter(
        obj.synapses.name for obj, _ in step.objects if isinstance(obj, SynapticPathway)
    )
    for name, pathways in by_synapses.items():
        own = [c for p in pathways for c in (p.push, p.code)]
        arrays = (pathways[0].pathway.synapse_sources, pathways[0].pathway.synapse_targets)
        if (
            len(pathways) < n_pathways[name]
            or any(p.reads_neurons_of_synapses() for p in pathways)
            or any(
                step.others_that_use(a, own, writes=False) or device.is_output(a) for a in arrays
            )
        ):
            continue
        pathways[-1].is_last = True
        first = pathways[0]
        one_delay = all(p.pathway.variables["delay"].scalar for p in pathways)
        if one_delay and [p.pathway.prepost for p in pathways] in (["pre"], ["pre", "post"]):
            first.frees = True
            pathways[-1].from_rows = first if pathways[-1] is not first else None
