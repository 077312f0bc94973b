"""Behaviour of progress: a bar on a terminal, a few plain lines in a log file."""

import io
from types import SimpleNamespace

from bionet.runs import progress, progress_bar


class Terminal(io.StringIO):
    """A text file that says it is a terminal."""

    def isatty(self):
        """Return True."""
        return True


def set_clock(monkeypatch, *moments):
    clock = iter(moments)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: next(clock)))


def test_a_log_file_gets_a_line_each_tenth():
    stream = io.StringIO()
    with progress_bar(1000, "searching", "evaluation", stream=stream) as bar:
        for _ in range(1000):
            bar.update()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("searching: 100/1000 evaluations (10 %)")
    assert lines[-1].startswith("searching: 1000/1000 evaluations (100 %)")
    assert "\r" not in stream.getvalue()


def test_a_slow_loop_gets_a_line_a_minute(monkeypatch):
    set_clock(monkeypatch, 0.0, 30.0, 61.0, 90.0)
    stream = io.StringIO()
    with progress_bar(1000, "searching", "evaluation", stream=stream) as bar:
        for _ in range(3):
            bar.update()
    # 2 of 1000 done in 61 s: 998 at 30.5 s each are left.
    assert stream.getvalue() == "searching: 2/1000 evaluations (0 %), 1 min 1 s, 8 h 27 min left\n"


def test_a_resumed_loop_counts_from_where_it_was(monkeypatch):
    set_clock(monkeypatch, 0.0, 10.0)
    stream = io.StringIO()
    with progress_bar(100, "searching", initial=50, stream=stream) as bar:
        bar.update(10)
    # The time left comes from this session's pace: 10 in 10 s.
    assert stream.getvalue() == "searching: 60/100 steps (60 %), 10 s, 40 s left\n"


def test_without_a_total_the_count_is_told(monkeypatch):
    set_clock(monkeypatch, 0.0, 61.0)
    stream = io.StringIO()
    with progress_bar(None, "simulating", "step", stream=stream) as bar:
        bar.update(5)
    assert stream.getvalue() == "simulating: 5 steps, 1 min 1 s\n"


def test_a_terminal_gets_a_live_bar_with_lines_above():
    stream = Terminal()
    with progress_bar(3, "searching", "evaluation", stream=stream) as bar:
        bar.update(2)
        bar.write("generation 1: loss 0.5")
        bar.update(1)
    text = stream.getvalue()
    assert "\r" in text
    assert "3/3" in text
    assert "generation 1: loss 0.5\n" in text
