"""Shared fixtures of the search's tests."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from search_problems import PARAMETERS, SEARCH, sphere

from bionet.metalearning import metalearn


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """Return the folder and the result of a small search that was never interrupted."""
    folder = tmp_path_factory.mktemp("finished")
    with ThreadPoolExecutor(1) as executor:
        result = metalearn(
            sphere, PARAMETERS, log_path=folder / "log.jsonl", executor=executor, **SEARCH
        )
    return folder, result
