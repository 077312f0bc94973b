"""A pytest plugin: Brian2's own tests meet bionet's C++ device where they ask for Brian2's.

`brian2_suite.py` starts pytest with it. Preferences are Brian2's; the compiler's flags are those of
every network that bionet builds, where `brian2.test` turns optimisation off.
"""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from bionet.devices.cpp.device import CppDevice
from bionet.devices.cpp.optimisations import Optimisations
from bionet.devices.cpp_source import FLAGS

#: Of Brian2's device, which the tests name.
NAME = "cpp_standalone"


def pytest_addoption(parser):
    """Add what `brian2_suite.py` passes on."""
    group = parser.getgroup("bionet")
    group.addoption("--on-device", default="bionet", help="bionet, or Brian2's own")
    group.addoption("--several-runs", action="store_true", help="build when the test says so")
    group.addoption("--strict-bits", action="store_true", help="CppDevice with strict=True")
    group.addoption("--without", default="", help="optimisations that are off, with commas")
    group.addoption("--records", default="", help="file that gets a line of JSON a test")
    group.addoption("--limit", type=int, default=600, help="seconds a test may take")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    """Put the device in the place of Brian2's, and give the tests what `brian2.test` gives."""
    import brian2
    from brian2.devices.device import all_devices
    from brian2.tests import PreferencePlugin
    from brian2.utils.logger import LOG_LEVELS, BrianLogger

    options = config.option
    if options.on_device == "bionet":
        off = frozenset(filter(None, options.without.split(",")))
        SuiteDevice.chosen = Optimisations(strict=options.strict_bits, without=off)
        all_devices[NAME] = SuiteDevice()
    brian2.prefs.reset_to_defaults()
    brian2.prefs["codegen.cpp.extra_compile_args_gcc"] = list(FLAGS)
    brian2.prefs["logging.warn_for_unused_objects"] = False
    BrianLogger.console_handler.setLevel(LOG_LEVELS["WARNING"])
    plugin = PreferencePlugin(brian2.prefs)
    plugin.device = NAME
    plugin.device_options = {"directory": None, "with_output": False}
    if options.several_runs:
        plugin.device_options["build_on_run"] = False
    config.pluginmanager.register(plugin, "brian2-preferences")


class SuiteDevice(CppDevice):
    """bionet's device with the optimisations of the command; Brian2 makes it anew after a test."""

    chosen = Optimisations()

    def __init__(self):
        super().__init__(self.chosen)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    """Let a test fail that hangs."""

    def too_long(*_):
        raise TimeoutError(f"no end after {item.config.option.limit} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(item.config.option.limit)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


class _Records:
    """Appends a line for each test when it is over, and for each phase that failed."""

    def __init__(self, path: str):
        self.path = Path(path)

    def pytest_runtest_logreport(self, report):
        if report.passed and report.when != "call":
            return
        crash = getattr(report.longrepr, "reprcrash", None)
        reason = report.longrepr[2] if report.skipped else str(report.longrepr)
        record = {
            "test": report.nodeid,
            "outcome": report.outcome,
            "seconds": round(report.duration, 2),
            "message": "" if report.passed else getattr(crash, "message", reason),
            "text": str(report.longrepr or ""),
        }
        with self.path.open("a") as file:
            file.write(json.dumps(record) + "\n")


def pytest_sessionstart(session):
    """Record in the process that hears of all tests."""
    config = session.config
    if config.option.records and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Records(config.option.records), "bionet-records")
