"""Files of data sets: in a folder of the user's, or downloaded once into the cache and checked."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from bionet.stimuli.errors import StimulusError

__all__ = ["downloaded", "found"]


def found(title: str, folder: str | os.PathLike, *names: str) -> Path:
    """Return the path of a file in the user's folder.

    Parameters
    ----------
    title : str
        What the data set is called.
    folder : path
        ``~`` is the user's home.
    *names : str
        What the file may be called, packed or not.

    Raises
    ------
    StimulusError
        If there is none of them; says where it was sought.
    """
    if not str(folder):
        raise StimulusError(f"{title}: the folder has no name; '.' is the working directory")
    folder = Path(folder).expanduser()
    for name in names:
        if (path := folder / name).is_file():
            return path
    where = f"in {folder}" if folder.is_dir() else f"for there is no folder {folder}"
    others = f" (or {' or '.join(names[1:])})" if names[1:] else ""
    raise StimulusError(f"{title} lacks {names[0]}{others}, {where}")


def downloaded(title: str, url: str, known_hash: str) -> Path:
    """Return the path of a file in the user's cache, downloaded if it is not there or damaged.

    What is downloaded is told on standard error, in one line, before it is.

    Parameters
    ----------
    title : str
        What the data set is called.
    url : str
        Ends in the file's name.
    known_hash : str
        Such as ``"sha256:..."``.

    Raises
    ------
    StimulusError
        If it cannot be downloaded, or is another file; in one line.
    """
    import pooch

    name = url.rpartition("/")[2]
    cache = pooch.os_cache("bionet-datasets") / title.lower().replace(" ", "-")
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")  # it would tell the same without the size
    try:
        announced = pooch.HTTPDownloader(progressbar=_Announcement(title, name, cache))
        return Path(pooch.retrieve(url, known_hash, fname=name, path=cache, downloader=announced))
    # pooch says by a ValueError that the checksum is wrong; requests' errors are OSErrors.
    except (OSError, ValueError) as error:
        raise StimulusError(
            f"{title}: cannot download {url} into {cache}: {_reason(error, url)}; "
            "give a folder that has the files"
        ) from None  # a hundred lines of what requests went through
    finally:
        logger.setLevel(level)


def _reason(error: Exception, url: str) -> str:
    from requests import ConnectionError, Timeout

    if isinstance(error, ConnectionError | Timeout):
        return f"no connection to {urlsplit(url).netloc}"
    return " ".join(str(error).split())


class _Announcement:
    """In the place of a progress bar: one line, once the server has said how much there is."""

    def __init__(self, title: str, name: str, cache: Path):
        self._line = f"{title}: downloading {name}, {{}}, into {cache}"

    def __setattr__(self, name, value):
        super().__setattr__(name, value)
        if name == "total":
            size = f"{value / 1e6:.1f} MB" if value else "of unknown size"
            print(self._line.format(size), file=sys.stderr, flush=True)

    def update(self, _):
        """Say nothing."""

    def reset(self):
        """Say nothing."""

    def close(self):
        """Say nothing."""
