"""The style, behaviour: it ends with the figure, and importing it costs no matplotlib."""

import ast
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest
from matplotlib.colors import to_rgb

from bionet import plotting
from bionet.plotting import STYLE_SHEET, drawing, initial_weight_colors

#: 200 dots an inch; half an inch less would be seen.
DOTS = 200


def test_a_figure_has_the_size_asked_for_and_leaves_the_settings_as_they_were(tmp_path):
    before = dict(matplotlib.rcParams)
    with drawing(tmp_path / "figure.png", 2.0, 1.5) as figure:
        assert not matplotlib.rcParams["axes.spines.top"]
        figure.subplots()
    assert dict(matplotlib.rcParams) == before
    content = (tmp_path / "figure.png").read_bytes()
    size = [int.from_bytes(content[start : start + 4]) for start in (16, 20)]
    assert size == [2.0 * DOTS, 1.5 * DOTS]


def test_the_same_figure_is_the_same_file(tmp_path):
    for name in ("a.png", "b.png"):
        with drawing(tmp_path / name, 2.0, 1.5) as figure:
            figure.subplots().plot([1, 2])
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_an_error_while_drawing_leaves_no_file(tmp_path):
    with pytest.raises(ZeroDivisionError), drawing(tmp_path / "figure.png", 2, 2):
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_the_style_sheet_is_there_for_ones_own_figures():
    assert matplotlib.rc_params_from_file(STYLE_SHEET, use_default_template=False)["font.size"] == 8


@pytest.mark.parametrize("number", [1, 2, 3, 7])
def test_initial_weights_have_colours_of_their_own_that_grow_lighter(number):
    colors = initial_weight_colors(number)
    assert len(set(colors)) == number
    brightness = [sum(to_rgb(color)) for color in colors]
    assert brightness == sorted(brightness)


def test_importing_loads_neither_matplotlib_nor_a_simulator():
    program = (
        "import sys, bionet.plotting; "
        "print([m for m in ('matplotlib', 'brian2', 'jax') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert answer.stdout == "[]\n", answer.stderr


def test_functions_that_draw_know_of_no_run_directory():
    """Imports point downwards: from runs to plotting, never back, not even for the types."""
    upwards, seen = {}, set()
    for source in Path(plotting.__file__).parent.glob("*.py"):
        nodes = list(ast.walk(ast.parse(source.read_text())))
        names = [node.module for node in nodes if isinstance(node, ast.ImportFrom)]
        for node in nodes:
            names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
        seen.update(names)
        upwards[source.name] = [name for name in names if name.startswith("bionet.runs")]
    assert "bionet.mean_field" in seen
    assert not any(upwards.values()), upwards
