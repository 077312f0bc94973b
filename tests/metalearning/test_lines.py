"""Logs of checked lines, as runs keep them: what is read back, dropped, named or added."""

import json
import os

import pytest

from bionet.metalearning import LogError
from bionet.metalearning.checksums import entry_of
from bionet.metalearning.lines import append, latest_entries

SEEDS = [{"seed": 3, "rate": 9.81}, {"seed": 1, "rate": float("nan")}, {"seed": 3, "rate": 10.5}]


@pytest.fixture
def path(tmp_path):
    append(tmp_path / "log.jsonl", SEEDS)
    return tmp_path / "log.jsonl"


def latest(path):
    return latest_entries(path, "seed", "Remove it")


def test_the_last_line_of_each_key_counts(path):
    assert list(latest(path)) == [3, 1]
    assert latest(path)[3] == SEEDS[2]
    assert os.listdir(path.parent) == ["log.jsonl"]


def test_no_log_has_no_entries(tmp_path):
    assert latest(tmp_path / "absent.jsonl") == {}
    (tmp_path / "empty.jsonl").touch()
    assert latest(tmp_path / "empty.jsonl") == {}


@pytest.mark.parametrize("end", [b'{"seed": 7, "ra', b'{"seed": 7, "rate": 1.0}\n', b"\0" * 50])
def test_an_end_that_is_no_whole_line_is_dropped_and_the_next_line_takes_its_place(path, end):
    content = path.read_bytes()
    path.write_bytes(content + end)
    assert latest(path)[3] == SEEDS[2]
    assert path.read_bytes() == content + end  # reading changes nothing
    append(path, [{"seed": 5}])
    assert path.read_bytes() == content + b'{"seed": 5, "checksum": "6e0ee11b"}\n'


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line.replace(b"9.81", b"9.82"),
        lambda line: line.replace(b": 3", b": 4"),
        lambda line: json.dumps(entry_of(line)).encode(),
        lambda line: b"{}",
        lambda line: b"",
    ],
)
def test_a_changed_line_is_named_with_what_to_do(path, change):
    first, *others = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([others[0], change(first.rstrip()) + b"\n", *others]))
    with pytest.raises(LogError, match=r"log\.jsonl: line 2 is damaged\. Remove it"):
        latest(path)


def test_a_changed_digit_in_the_last_line_is_named_and_stays_for_whoever_reads(path):
    """The line was written to its end, so it is not one that a kill cut short."""
    changed = path.read_bytes().replace(b"10.5", b"10.6")
    path.write_bytes(changed)
    with pytest.raises(LogError, match=r"log\.jsonl: line 3 is damaged\. Remove it"):
        latest(path)
    append(path, [{"seed": 5}])
    assert path.read_bytes().startswith(changed)
    with pytest.raises(LogError, match="line 3 is damaged"):
        latest(path)


def test_lines_from_before_there_were_checksums_are_read_and_added_to(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in SEEDS[1:]))
    append(path, SEEDS[:1])
    assert latest(path)[3] == SEEDS[0]
    path.write_text('{"rate": 2.0}\n' + path.read_text())
    with pytest.raises(LogError, match="line 1 is damaged"):
        latest(path)
