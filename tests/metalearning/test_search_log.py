"""The log: closed form (floats come back to the bit), behaviour (damage, full disk, order)."""

import errno
import json
import math
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from search_problems import PARAMETERS, rewritten, without_checksums

from bionet.metalearning import Evaluation, LogError, SearchLog, SearchPlan, Trial, read_log
from bionet.metalearning.checksums import entry_of
from bionet.metalearning.log import evaluation_from_line, evaluation_to_line

PLAN = SearchPlan(PARAMETERS, population_size=4, sigma=0.5, seed=3, trials=2)

finite = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(0, 2**32 - 1)


def evaluations_of(generation):
    return [
        Evaluation(trial, {"ee.alpha": 0.1 * trial.candidate}, 1.0 + trial.index, {"rate": 9.0})
        for trial in PLAN.trials_of(generation)
    ]


def write(path, evaluations):
    with SearchLog(path, PLAN) as log:
        for evaluation in evaluations:
            log.append(evaluation)
        log.arrange()
    return path


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "log.jsonl", evaluations_of(0) + evaluations_of(1)[:3])


@settings(max_examples=60, deadline=None)
@given(
    trial=st.builds(Trial, counts, counts, counts, counts),
    values=st.dictionaries(st.text(min_size=1), finite, min_size=1, max_size=4),
    loss=finite,
    metrics=st.dictionaries(st.text(min_size=1), finite, max_size=3),
)
def test_a_line_brings_back_the_very_same_numbers(trial, values, loss, metrics):
    evaluation = Evaluation(trial, values, loss, metrics)
    line = evaluation_to_line(evaluation)
    back = evaluation_from_line(line)
    assert "\n" not in line
    assert back.trial == trial
    assert list(back.values) == list(values)
    floats = [*values.values(), loss, *(metrics[name] for name in sorted(metrics))]
    returned = [*back.values.values(), back.loss, *back.metrics.values()]
    assert [number.hex() for number in floats] == [number.hex() for number in returned]


def test_a_metric_that_was_not_measured_is_null_and_comes_back_as_nan():
    line = evaluation_to_line(Evaluation(Trial(0, 0, 0, 1), {"a": 1.0}, 2.0, {"cv": math.nan}))
    assert json.loads(line)["metrics"] == {"cv": None}
    assert math.isnan(evaluation_from_line(line).metrics["cv"])


def test_first_line_says_what_the_search_is(path):
    header = json.loads(path.read_text().splitlines()[0])
    assert header["format"] == "bionet search log"
    assert header["version"] == 2
    assert header["lower"] == [None, None, 0.005]
    assert read_log(path)[0] == PLAN


def test_lines_arrive_in_any_order_and_end_in_one(tmp_path, path):
    shuffled = evaluations_of(0)[::-1] + evaluations_of(1)[:3][::-1]
    other = tmp_path / "other" / "log.jsonl"
    other.parent.mkdir()
    with SearchLog(other, PLAN) as log:
        for evaluation in shuffled:
            log.append(evaluation)
        assert other.read_bytes() != path.read_bytes()
        log.arrange()
        assert other.read_bytes() == path.read_bytes()
        log.append(evaluations_of(1)[3])  # and it still writes to the file that is there
    assert len(read_log(other)[1]) == 12
    assert os.listdir(other.parent) == ["log.jsonl"]


def test_an_evaluation_is_in_the_file_as_soon_as_it_is_appended(tmp_path):
    with SearchLog(tmp_path / "log.jsonl", PLAN) as log:
        for done, evaluation in enumerate(evaluations_of(0), start=1):
            log.append(evaluation)
            assert len(read_log(tmp_path / "log.jsonl")[1]) == done


@pytest.mark.parametrize("cut", [1, 2, 40, 5000])
def test_a_half_written_last_line_is_dropped(path, cut):
    content = path.read_bytes()
    start = content.rfind(b"\n", 0, -1) + 1
    cut = min(cut, len(content) - start - 1)
    path.write_bytes(content[:-cut])
    assert len(read_log(path)[1]) == 10
    assert path.read_bytes() == content[:-cut]  # reading changes nothing
    with SearchLog(path, PLAN) as log:
        assert len(log.evaluations) == 10
        log.append(evaluations_of(1)[2])
    assert path.read_bytes() == content


@pytest.mark.parametrize("end", [b'{"generation": 1, "cand\n', b"\0" * 300, b"\xff\xfe\n", b"7\n"])
def test_a_damaged_end_is_dropped(path, end):
    content = path.read_bytes()
    path.write_bytes(content + end)
    SearchLog(path, PLAN).close()
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "damage",
    [
        b"{\n",
        b"\n",
        b"\xff\n",
        b"[]\n",
        b'{"generation": 0}\n',
        b'{"generation": 0, "candidate": 0, "trial": 1, "seed": 1, "values": {"ee.alpha": 0.0},'
        b' "loss": NaN, "metrics": {}}\n',
    ],
)
def test_a_damaged_line_in_the_middle_is_an_error_and_nothing_is_lost(path, damage):
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = damage
    path.write_bytes(b"".join(lines))
    for action in (lambda: read_log(path), lambda: SearchLog(path, PLAN)):
        with pytest.raises(LogError, match=r"log\.jsonl: line 3 is damaged.*delete this line"):
            action()
    assert path.read_bytes() == b"".join(lines)


def test_a_repeated_line_is_an_error(path):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:4], lines[2], *lines[4:]]))
    with pytest.raises(LogError, match="line 5 repeats line 3"):
        read_log(path)


def test_a_missing_line_is_an_error(path):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:4], *lines[5:]]))
    with pytest.raises(LogError, match=r"line 9 belongs to a later generation.*only 7 of its 8"):
        read_log(path)


def test_a_candidate_too_many_is_an_error(path):
    with SearchLog(path, PLAN) as log:
        log.append(Evaluation(Trial(1, 4, 0, 1), {"ee.alpha": 0.0}, 1.0))
    with pytest.raises(LogError, match="line 13 has a candidate or trial"):
        read_log(path)


@pytest.mark.parametrize("lines", [0, 1, 4, 9, 11])
def test_any_part_of_a_log_from_its_start_is_a_log(path, lines):
    whole = path.read_bytes()
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[: lines + 1]))
    with SearchLog(path, PLAN) as log:
        for evaluation in (evaluations_of(0) + evaluations_of(1)[:3])[lines:]:
            log.append(evaluation)
    assert path.read_bytes() == whole


def test_another_search_is_refused_and_the_differences_named(path):
    before = path.read_bytes()
    other = SearchPlan(PARAMETERS, population_size=5, sigma=0.5, seed=4, trials=2)
    with pytest.raises(LogError, match="population_size is 4 in the log and 5 now; seed is 3"):
        SearchLog(path, other)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"notes", b"notes\n", b"{}\n", b'{"format": "x"}\n', b"3\n"])
def test_a_file_that_is_no_log_is_left_alone(tmp_path, content):
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(LogError, match=r"notes\.txt is not a search log"):
        SearchLog(path, PLAN)
    assert path.read_bytes() == content


def test_a_log_of_a_later_version_is_refused(path):
    path.write_bytes(path.read_bytes().replace(b'"version": 2', b'"version": 3', 1))
    with pytest.raises(LogError, match="version 3; this bionet reads versions 1 and 2"):
        read_log(path)


def test_a_damaged_first_line_is_named(path):
    header, *lines = path.read_text().splitlines(keepends=True)
    header = rewritten(header.rstrip(), lambda text: text.replace('size": 4', 'size": 0'))
    path.write_text("".join([header, *lines]))
    with pytest.raises(LogError, match=r"line 1 is damaged .population_size is 0"):
        read_log(path)


def test_a_changed_digit_is_noticed_wherever_it_is(path):
    content = path.read_bytes()
    digits = [place for place, byte in enumerate(content) if chr(byte).isdigit()]
    for place in digits[::3]:
        changed = bytearray(content)
        changed[place] = ord("0") + (content[place] - ord("0") + 1) % 10
        path.write_bytes(changed)
        number = content.count(b"\n", 0, place) + 1
        for action in (lambda: read_log(path), lambda: SearchLog(path, PLAN)):
            with pytest.raises(LogError, match=f"line {number} is damaged|of version"):
                action()
        assert path.read_bytes() == changed
    assert len(digits) > 300


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_damage_of_a_line_gives_another_evaluation(data):
    evaluation = Evaluation(Trial(3, 2, 1, 77), {"ee.alpha": -0.1}, 12.5, {"rate": 9.0, "cv": 1.0})
    line = bytearray(evaluation_to_line(evaluation).encode())
    place = data.draw(st.integers(0, len(line) - 1))
    match data.draw(st.sampled_from(["change", "remove", "insert", "swap"])):
        case "change":
            line[place] = data.draw(st.integers(0, 255))
        case "remove":
            del line[place]
        case "insert":
            line.insert(place, data.draw(st.integers(0, 255)))
        case "swap":
            line[place - 1], line[place] = line[place], line[place - 1]
    try:
        found = evaluation_from_line(bytes(line))
    except (ValueError, KeyError, TypeError, AttributeError):
        return
    assert found == evaluation


def test_a_log_from_before_there_were_checksums_is_read_and_goes_on_with_them(path):
    whole = path.read_bytes()
    old = without_checksums(whole)
    assert b"checksum" not in old
    path.write_bytes(old)
    assert read_log(path) == (PLAN, evaluations_of(0) + evaluations_of(1)[:3])
    assert path.read_bytes() == old  # reading changes nothing
    SearchLog(path, PLAN).close()
    assert path.read_bytes() == whole


def test_a_line_that_lost_its_checksum_is_an_error(path):
    lines = path.read_bytes().splitlines(keepends=True)
    lines[3] = json.dumps(entry_of(lines[3].rstrip())).encode() + b"\n"
    path.write_bytes(b"".join(lines))
    with pytest.raises(LogError, match="line 4 is damaged"):
        read_log(path)
    path.write_bytes(b"".join(lines[:4]))  # as the last one, it counts as not written
    with SearchLog(path, PLAN) as log:
        assert len(log.evaluations) == 2
        log.append(evaluations_of(0)[2])
    assert len(read_log(path)[1]) == 3


def test_a_missing_log_is_named(tmp_path):
    with pytest.raises(LogError, match=r"cannot read .*absent\.jsonl: No such file"):
        read_log(tmp_path / "absent.jsonl")


def full_disk_after(bytes_left):
    """Return an `os.write` to a disk with this much room, which takes a part of the last write."""
    room = bytes_left
    real_write = os.write

    def write(descriptor, data):
        nonlocal room
        if room == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = real_write(descriptor, data[:room])
        room -= written
        return written

    return write


@pytest.mark.parametrize("room", [0, 25])
def test_a_full_disk_keeps_what_was_finished(path, monkeypatch, room):
    before = path.read_bytes()
    evaluation = evaluations_of(1)[3]
    log = SearchLog(path, PLAN)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full_disk_after(room))
        with pytest.raises(LogError, match=r"log\.jsonl: No space left on device\n.* is kept"):
            log.append(evaluation)
    assert path.read_bytes() == before
    log.append(evaluation)  # there is room again
    log.close()
    assert path.read_bytes() == before + evaluation_to_line(evaluation).encode() + b"\n"


def test_a_disk_that_fills_while_the_log_is_arranged_leaves_it_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "log.jsonl"
    with SearchLog(path, PLAN) as log:
        for evaluation in evaluations_of(0)[::-1]:
            log.append(evaluation)
        before = path.read_bytes()
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", full_disk_after(100))
            with pytest.raises(LogError, match="No space left"):
                log.arrange()
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["log.jsonl"]


def test_what_a_kill_during_the_replacement_left_is_cleared_away(path):
    (path.parent / "log.jsonl.new").write_text("half a l")
    SearchLog(path, PLAN).close()
    assert os.listdir(path.parent) == ["log.jsonl"]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"trials": 0}, "trials is 0"),
        ({"aggregate": "median"}, "aggregate is 'median', it must be one of mean, max"),
        ({"population_size": 2}, "population_size is 2"),
    ],
)
def test_a_plan_refuses_settings_out_of_range(settings, named):
    valid = {"parameters": PARAMETERS, "population_size": 4, "sigma": 1.0, "seed": 1}
    with pytest.raises(ValueError, match=named):
        SearchPlan(**{**valid, **settings})
