"""The build cache (behaviour): one build for all, whole or not there, clear errors.

A stub takes the compiler's place: what is cached does not matter here, only when and how.
"""

import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import small_networks_of_users as users
from brian2 import prefs

from bionet.devices import cache, compile_network
from bionet.devices.cache import CacheError
from bionet.devices.cpp_compiler import CompilationError
from bionet.errors import BionetError

PATIENCE = 90  # seconds; only a hang takes that long

COMPILE = """
import small_networks_of_users as users
from bionet.devices import compile_network
print(compile_network(users.decay_network, 0.01, outputs=["cells.x"]).directory)
"""


def compile_decay(**changed):
    return compile_network(
        users.decay_network, **({"duration": 0.01, "outputs": ["cells.x"]} | changed)
    )


@pytest.fixture
def compile_elsewhere():
    """Start the compilation of ``decay_network`` in another process; ended with its children."""
    started = []

    def start():
        path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
        process = subprocess.Popen(
            [sys.executable, "-c", COMPILE],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": path},
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


GENERATE = """
import os, random, tempfile
from pathlib import Path
from brian2.core.base import BrianObject
from brian2.core.clocks import BaseClock
from network_of_all_classes import network_of_all_classes
from bionet.devices.built_network import BuiltNetwork
from bionet.devices.cpp_build import _hash_of_sources
from bionet.devices.cpp_source import generate
from bionet.devices.network_objects import array_variables
hashes, numbers = {}, random.Random(os.environ["PYTHONHASHSEED"])
for kind in (BrianObject, BaseClock):
    kind.__hash__ = lambda obj: hashes.setdefault(id(obj), numbers.getrandbits(60))
for network in (network_of_all_classes, BuiltNetwork(network_of_all_classes(), {})):
    with tempfile.TemporaryDirectory() as folder:
        generate(network, 0.01, [], ["cells.v"], "double", Path(folder))
        print(_hash_of_sources(Path(folder), []))
print(*(f"{v.owner.name}.{v.name}" for v in array_variables(network.network)))
"""


def test_every_process_writes_the_same_code():
    """For a function and for a network that exists; sets are in another order in each process."""

    def start(hash_seed):
        path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
        return subprocess.Popen(
            [sys.executable, "-c", GENERATE],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": path, "PYTHONHASHSEED": str(hash_seed)},
        )

    printed = [process.communicate(timeout=PATIENCE)[0] for process in map(start, (1, 2))]
    assert len(printed[0].splitlines()) == 3
    assert len(set(printed)) == 1


def entries(folder):
    """Return the builds, finished or not; the standard headers lie beside them."""
    folders = (path for path in Path(folder).iterdir() if path.is_dir())
    return sorted(path.name for path in folders if not path.name.startswith("headers-"))


def test_racing_processes_make_one_build(stub_compiler, links, compile_elsewhere):
    stub_compiler('case "$call" in *" -I. "*) sleep 0.2;; esac')
    racers = [compile_elsewhere() for _ in range(2)]
    results = [racer.communicate(timeout=PATIENCE) for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0], results
    directories = {output.strip() for output, _ in results}
    assert len(directories) == 1
    assert links() == 1
    assert cache.entry_is_whole(Path(directories.pop()))


def test_the_same_network_is_found_again(stub_compiler, links, compile_elsewhere):
    """In this process, from here on with other objects alive, and in another process."""
    first = compile_decay()
    assert links() == 1
    kept = users.decay_network()
    assert compile_decay().directory == first.directory
    elsewhere, errors = compile_elsewhere().communicate(timeout=PATIENCE)
    assert elsewhere.strip() == str(first.directory), errors
    assert links() == 1
    assert kept is not None


def test_several_clocks_and_automatic_names_give_one_build(stub_compiler, links):
    """Nothing in the generated code may depend on addresses or on what exists beside it."""
    from brian2 import Clock, Network, NeuronGroup, StateMonitor, ms

    alive = []

    def network():
        clocks = [Clock(dt=k * ms, name=f"clock_{k}") for k in range(1, 6)]
        group = NeuronGroup(1, "dx/dt = -x/(10*ms) : 1", method="exact")
        monitors = [StateMonitor(group, "x", record=True, clock=clock) for clock in clocks]
        alive.append((group, monitors))
        return Network(group, monitors)

    builds = {compile_network(network, 0.01, outputs=["neurongroup.x"]).directory for _ in range(6)}
    assert len(builds) == 1
    assert links() == 1


@pytest.mark.parametrize(
    "changed", [{"outputs": []}, {"precision": "single"}, {"inputs": ["cells.x"]}]
)
def test_what_decides_the_binary_decides_the_entry(stub_compiler, changed):
    assert compile_decay().directory != compile_decay(**changed).directory


def test_one_build_serves_every_duration(stub_compiler, links):
    """A call brings its duration along."""
    assert compile_decay().directory == compile_decay(duration=2.5).directory
    assert links() == 1


def test_another_compiler_makes_another_build(stub_compiler):
    first = compile_decay()
    stub_compiler(version="2.0")
    assert compile_decay().directory != first.directory


def test_threads_that_the_user_prefers_elsewhere_change_nothing(stub_compiler):
    """Preferences that would change what a build computes are bionet's own."""
    threads = "devices.cpp_standalone.openmp_threads"
    first = compile_decay()
    before, prefs[threads] = prefs[threads], 4
    try:
        assert compile_decay().directory == first.directory
        assert prefs[threads] == 4
    finally:
        prefs[threads] = before


def test_another_cpu_makes_another_build(stub_compiler, monkeypatch, tmp_path):
    """The compiler of this stub does not tell, as clang, what -march=native means."""
    stub_compiler(native="exit 1")
    cpu_info = tmp_path / "cpuinfo"
    monkeypatch.setattr("bionet.devices.cpp_build.CPU_INFO", cpu_info)

    def directory(text):
        cpu_info.write_text(text)
        return compile_decay().directory

    first = directory("model name\t: A\ncpu MHz\t\t: 2000\nflags\t\t: sse avx\n")
    assert directory("model name\t: A\ncpu MHz\t\t: 3000\nflags\t\t: sse avx\n") == first
    assert directory("model name\t: A\ncpu MHz\t\t: 2000\nflags\t\t: sse avx avx2\n") != first


def truncate_binary(entry):
    (entry / "main").write_bytes((entry / "main").read_bytes()[:-1])


def remove_binary(entry):
    (entry / "main").unlink()


def alter_static_array(entry):
    array = next((entry / "static_arrays").iterdir())
    array.write_bytes(bytes(len(array.read_bytes())))


def break_record(entry):
    (entry / "build.json").write_text('{"version": 1')


def forbid_running(entry):
    (entry / "main").chmod(0o644)


def empty_record(entry):
    (entry / "build.json").write_text(json.dumps({}))


@pytest.mark.parametrize(
    "damage",
    [
        truncate_binary,
        remove_binary,
        alter_static_array,
        break_record,
        empty_record,
        forbid_running,
    ],
)
def test_damaged_entry_is_refused_and_rebuilt(stub_compiler, links, damage):
    compiled = compile_decay()
    before = {p.name: p.read_bytes() for p in compiled.directory.iterdir() if p.is_file()}
    damage(compiled.directory)
    assert not cache.entry_is_whole(compiled.directory)
    with pytest.raises(CacheError, match=r"missing or damaged; compile the network again"):
        compiled()
    again = compile_decay()
    assert again.directory == compiled.directory
    assert links() == 2
    assert cache.entry_is_whole(again.directory)
    assert (again.directory / "main").read_bytes() == before["main"]


def test_build_that_is_gone(stub_compiler, tmp_path):
    compiled = compile_decay()
    (tmp_path / "cache").rename(tmp_path / "elsewhere")
    with pytest.raises(CacheError, match=r"missing or damaged"):
        compiled()


def test_kill_during_a_build_leaves_nothing_broken(
    stub_compiler, links, compile_elsewhere, tmp_path
):
    stub_compiler('case "$call" in *" -I. "*) sleep 30;; esac')
    killed = compile_elsewhere()
    log = tmp_path / "compiler.log"
    deadline = time.monotonic() + PATIENCE
    while not (log.exists() and " -I. " in log.read_text()):
        assert time.monotonic() < deadline, "the compiler was never called"
        time.sleep(0.05)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    unfinished = entries(tmp_path / "cache")
    assert len(unfinished) == 1
    assert not cache.entry_is_whole(tmp_path / "cache" / unfinished[0])
    stub_compiler()
    compiled = compile_decay()
    assert links() == 1
    assert cache.entry_is_whole(compiled.directory)
    assert entries(tmp_path / "cache") == [compiled.directory.name]


def test_size_counts_builds(stub_compiler):
    assert cache.size() == (0, 0)
    first = compile_decay()
    compile_decay(precision="single")
    number, n_bytes = cache.size()
    assert number == 2
    assert n_bytes > 2 * (first.directory / "main").stat().st_size


def test_missing_compiler(stub_compiler, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(CompilationError, match=r"'no-such-compiler' was not found.*apt install"):
        compile_decay()


def test_no_compiler_and_no_make_on_the_path(stub_compiler, monkeypatch, tmp_path):
    stub = os.environ["CXX"]
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CompilationError, match=r"'make' was not found"):
        compile_decay()
    monkeypatch.delenv("CXX")
    with pytest.raises(CompilationError, match=r"'g\+\+' was not found"):
        compile_decay()
    assert Path(stub).exists()


def test_compiler_that_refuses_the_code(stub_compiler, tmp_path):
    stub_compiler('echo "main.cpp:7: error: no such thing" >&2; exit 1')
    with pytest.raises(CompilationError, match=r"error: no such thing"):
        compile_decay()
    assert entries(tmp_path / "cache") == []
    stub_compiler()
    assert cache.entry_is_whole(compile_decay().directory)


def test_disk_that_fills_while_compiling(stub_compiler, tmp_path):
    stub_compiler(f'echo "cc1plus: fatal error: {os.strerror(errno.ENOSPC)}" >&2; exit 1')
    with pytest.raises(CacheError, match=r"No space left on device.*BIONET_CACHE"):
        compile_decay()
    assert entries(tmp_path / "cache") == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_disk_that_is_full(stub_compiler, tmp_path):
    def make(directory):
        with open("/dev/full", "w") as file:
            file.write("x")
        return {}

    with pytest.raises(CacheError, match=r"No space left on device; free space there"):
        cache.publish("key", make)
    assert entries(tmp_path / "cache") == []


def test_cache_that_cannot_be_written(stub_compiler, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BIONET_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(CacheError, match=r"cannot be written.*BIONET_CACHE"):
        compile_decay()


def test_errors_are_of_the_kind_that_the_command_shows():
    assert issubclass(CacheError, BionetError)
    assert issubclass(CompilationError, BionetError)


def test_directory_named_in_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("BIONET_CACHE", str(tmp_path))
    assert cache.cache_directory() == tmp_path
    monkeypatch.delenv("BIONET_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.cache_directory() == tmp_path / "bionet" or sys.platform != "linux"


@pytest.mark.parametrize("place", ["relative/cache", "~/cache"])
def test_directories_that_depend_on_where_one_is(stub_compiler, monkeypatch, tmp_path, place):
    """The build is called from elsewhere, by the path that it had when it was made."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BIONET_CACHE", place)
    compiled = compile_decay()
    assert compiled.directory.parent == tmp_path / place.replace("~/", "")
    monkeypatch.chdir("/")
    assert compiled().message.startswith("FAILED")  # the stub's program ran, and wrote nothing


def test_a_home_that_does_not_exist(monkeypatch):
    monkeypatch.setenv("BIONET_CACHE", "~no-such-user-here/cache")
    with pytest.raises(CacheError, match=r"BIONET_CACHE is '~no-such-user-here/cache'"):
        cache.cache_directory()


def test_a_file_in_the_place_of_a_build(stub_compiler):
    directory = compile_decay().directory
    directory.rename(directory.with_suffix(".moved"))
    directory.write_text("")
    assert cache.entry_is_whole(compile_decay().directory)


def test_without_a_compiler_a_build_that_is_there_serves(stub_compiler, monkeypatch, tmp_path):
    """As on a node of a cluster; on another CPU, or for another network, it is asked for."""
    made = compile_decay()
    monkeypatch.setenv("CXX", "no-such-compiler")
    monkeypatch.setattr("brian2.codegen.cpp_prefs._compiler_flag_compatibility", {})
    assert compile_decay() == made
    with pytest.raises(CompilationError, match=r"'no-such-compiler' was not found"):
        compile_decay(inputs=["cells.x"])
    monkeypatch.setattr("bionet.devices.cpp_build.CPU_INFO", tmp_path / "another")
    with pytest.raises(CompilationError, match=r"'no-such-compiler' was not found"):
        compile_decay()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root becomes another")
def test_another_user_may_call_and_add_builds(stub_compiler, tmp_path):
    """Which files of a shared cache are open to all; whether each may write, its owner decides."""
    directory = compile_decay().directory
    modes = {path: path.stat().st_mode & 0o777 for path in directory.parent.iterdir()}
    assert modes[directory] & 0o055 == 0o055
    assert modes[directory.parent / f"{directory.name}.lock"] & 0o066 == 0o066


def test_a_cache_that_may_only_be_read(stub_compiler, monkeypatch):
    made = compile_decay()

    def refused(*arguments, **more):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("bionet.devices.cache._locked", refused)
    assert compile_decay() == made
    with pytest.raises(CacheError, match=r"build cache .* cannot be written: Permission denied"):
        compile_decay(inputs=["cells.x"])


def test_a_temporary_folder_that_is_full(stub_compiler, monkeypatch, tmp_path):
    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("bionet.devices.cpp_build.generate", full)
    with pytest.raises(CacheError, match=r"the temporary folder .* cannot be written.*TMPDIR"):
        compile_decay()


def test_another_brian2_makes_another_build(stub_compiler, monkeypatch):
    first = compile_decay()
    monkeypatch.setattr("bionet.devices.cpp_build.version", lambda package: "another")
    assert compile_decay().directory != first.directory


def test_what_a_users_own_file_says_makes_another_build(stub_compiler, tmp_path):
    from brian2 import Network, NeuronGroup, check_units, implementation

    own = tmp_path / "own.cpp"

    @implementation("cpp", "double own(double x);", sources=[str(own)])
    @check_units(x=1, result=1)
    def function(x):
        return x

    def network():
        group = NeuronGroup(1, "x : 1", name="cells", namespace={"own": function})
        group.run_regularly("x = own(x)")
        return Network(group)

    directories = set()
    for text in ("double own(double x) { return x; }", "double own(double x) { return -x; }"):
        own.write_text(text)
        directories.add(compile_network(network, 0.01).directory)
    assert len(directories) == 2
