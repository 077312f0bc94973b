"""Numbers with their nouns and spans of time, as messages say them: closed form."""

import pytest

from bionet.wording import counted, duration


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (0, "seed", "0 seeds"),
        (1, "evaluation", "1 evaluation"),
        (96, "evaluation", "96 evaluations"),
        (2, "entry", "2 entries"),
        (1, "entry", "1 entry"),
        (3, "day", "3 days"),
        (2, "loss", "2 losses"),
        (2, "batch", "2 batches"),
        (2, "epoch", "2 epochs"),
    ],
)
def test_nouns_agree_with_their_numbers(number, noun, text):
    assert counted(number, noun) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "1 s"),
        (-1, "0 s"),
        (59.5, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3 * 3600 + 125, "3 h 2 min"),
        (100 * 3600, "4 d 4 h"),
    ],
)
def test_durations_have_two_units(seconds, text):
    assert duration(seconds) == text
