"""The figures of one meta-learning run: network, search, rule at work, mean-field plane."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from bionet.mean_field import PolynomialRule
from bionet.metalearning import SearchPlan, read_history, read_log
from bionet.plotting.errors import FigureError
from bionet.plotting.mean_field_plane import candidates_of, loss_color_bar, mean_field_plane
from bionet.plotting.measured import Measured, require
from bionet.plotting.network_state import network_state
from bionet.plotting.rule_at_work import NEEDED, rule_at_work
from bionet.plotting.search_history import search_history
from bionet.plotting.style import drawing
from bionet.runs.meta_learning_configuration import MetaLearning
from bionet.runs.run_directory import RunDirectory
from bionet.wording import counted

__all__ = ["draw"]

#: s between the samples of a potential: Brian2's default time step, with which networks are built.
TIME_STEP = 1e-4


def draw(directory: RunDirectory, configuration: MetaLearning) -> list[Path]:
    """Draw a run's figures into its folder ``figures``, from its log and its results.

    Of a run that is not finished only the search is drawn, and a line on the standard error stream
    says so.

    Parameters
    ----------
    directory : RunDirectory
    configuration : MetaLearning
        The directory's.

    Returns
    -------
    list of Path
        The files, in the order of the story: ``network.png``, ``search.png``,
        ``rule_at_work.png``, ``mean_field_plane.png``.

    Raises
    ------
    FigureError
        If not one generation is complete, or the results lack an array; names both file and array.
    LogError, RunDirectoryError
        If the log or the results are missing or damaged.
    """
    directory.figures_path.mkdir(exist_ok=True)
    if not directory.is_finished:
        drawn = _draw_search(directory, configuration)
        print(
            f"note: {directory.path} is not finished: its search is drawn as far as it has come; "
            "the other figures need its results",
            file=sys.stderr,
        )
        return [drawn]
    results = directory.load_results()
    _check(results, str(directory.results_path))
    return [
        _draw_network(directory, configuration, results),
        _draw_search(directory, configuration),
        _draw_rule_at_work(directory, configuration, results),
        _draw_plane(directory, configuration, results),
    ]


def _check(results: Mapping[str, np.ndarray], source: str) -> None:
    """Refuse incomplete results before anything is drawn."""
    require(results, ("rule", "static_voltage", *NEEDED), source)
    for prefix in ("", "static_"):
        Measured.from_results(results, source, prefix)


def _draw_search(directory: RunDirectory, configuration: MetaLearning) -> Path:
    history = read_history(directory.log_path) if directory.has_log else []
    if not history:
        raise FigureError(
            f"{directory.log_path}: nothing to draw yet: no generation of the search is complete"
        )
    title = f"Search for {configuration.target_rate:g} Hz"
    if not directory.is_finished:
        done, asked = len(history), configuration.search.generations
        title += f"\nunfinished: {done} of {counted(asked, 'generation')}"
    path = directory.figures_path / "search.png"
    with drawing(path, 7.0, 3.0) as figure:
        search_history(figure, read_log(directory.log_path)[0], history, title)
    return path


def _draw_network(
    directory: RunDirectory, configuration: MetaLearning, results: Mapping[str, np.ndarray]
) -> Path:
    """Draw the static network with the smallest initial weight: the search's raw material."""
    source = str(directory.results_path)
    static = Measured.from_results(results, source, "static_")
    run = int(np.argmin(results["initial_weights"]))
    network, weight = configuration.network, float(results["initial_weights"][run])
    title = (
        f"{network.n_exc} E + {network.n_inh} I neurons\n"
        rf"$w_\mathrm{{EE}}$ = {weight:g} $g_\mathrm{{leak}}$, not plastic: "
        f"{static.mean_rate(run):.1f} Hz, ISI CV {static.mean_isi_cv(run):.2f}"
    )
    path = directory.figures_path / "network.png"
    with drawing(path, 5.0, 4.2) as figure:
        network_state(
            figure,
            static,
            run,
            voltage=np.asarray(results["static_voltage"])[run],
            voltage_interval=TIME_STEP,
            title=title,
        )
    return path


def _draw_rule_at_work(
    directory: RunDirectory, configuration: MetaLearning, results: Mapping[str, np.ndarray]
) -> Path:
    source = str(directory.results_path)
    symbols = (r"$\alpha$", r"$\beta$", r"$\kappa$", r"$\gamma$")
    rule = ", ".join(
        f"{symbol} = {1e3 * value:.2f}".replace("-", "\N{MINUS SIGN}")
        for symbol, value in zip(symbols, results["rule"], strict=True)
    )
    path = directory.figures_path / "rule_at_work.png"
    with drawing(path, 6.0, 7.2) as figure:
        rule_at_work(
            figure,
            results,
            target_rate=configuration.target_rate,
            source=source,
            title=rf"Best rule: {rule} ($10^{{-3}}\,g_\mathrm{{leak}}$)",
        )
    return path


def _draw_plane(
    directory: RunDirectory, configuration: MetaLearning, results: Mapping[str, np.ndarray]
) -> Path:
    plan, evaluations = read_log(directory.log_path)
    taus = {"tau_pre": configuration.rule.tau_pre, "tau_post": configuration.rule.tau_post}
    values, losses = candidates_of(plan, evaluations)
    rules = [_rule(plan, value, taus) for value in values]
    path = directory.figures_path / "mean_field_plane.png"
    with drawing(path, 4.2, 3.3) as figure:
        axes = figure.subplots()
        points = mean_field_plane(
            axes,
            rules,
            losses,
            target_rate=configuration.target_rate,
            found=PolynomialRule(*map(float, results["rule"]), **taus),
        )
        loss_color_bar(axes, points)
    return path


def _rule(
    plan: SearchPlan, values: Mapping[str, float], taus: Mapping[str, float]
) -> PolynomialRule:
    return PolynomialRule(**{name: values[name] for name in plan.parameters.names}, **taus)
