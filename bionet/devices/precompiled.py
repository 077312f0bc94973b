"""Precompiled headers: the C++ library is parsed once a build, not once a file.

Brian2 writes one file for each thing that happens in a step, 60 for a plastic balanced network, and
parsing the same headers takes 85 % of the compiler's time for each. A compiler that reads them
from a precompiled header gives the same code, bit for bit.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["precompile_headers"]

HEADER = "precompiled.h"
# what all code objects of Brian2 include
INCLUDED = ('"objects.h"', "<climits>", "<cmath>", "<ctime>", "<fstream>", "<iostream>")
# Only the files that Brian2 writes: a source file that a user's function brings along may not
# expect their names. What makes the arrays and what prepares the queues of spikes runs once, and
# took the compiler a third of its time with -O3.
RULES = f"""
GENERATED = $(filter code_objects/%,$(OBJS)) main.o network.o objects.o run.o

$(GENERATED): %.o: %.cpp {HEADER}.gch makefile
\t$(CXX) $(CXXFLAGS) $(LEVEL) -include {HEADER} $< -o $@

objects.o $(filter code_objects/before_run_%_push_spikes.o,$(OBJS)): LEVEL = -O1

{HEADER}.gch: {HEADER} makefile
\t$(CXX) $(CXXFLAGS) -x c++-header $< -o $@
"""


def precompile_headers(directory: Path) -> None:
    """Let the makefile of Brian2's C++ project in `directory` precompile the common headers."""
    lines = (f"#include {name}\n" for name in INCLUDED)
    (directory / HEADER).write_text("".join(lines))
    with open(directory / "makefile", "a") as makefile:
        makefile.write(RULES)
