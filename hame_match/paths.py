"""Where files are: data shipped with the program, and the user's cache."""

import os
import sys
from pathlib import Path

from hame_match.errors import HameMatchError

_PACKAGE = Path(__file__).resolve().parent


def bundled(name: str) -> Path:
    """Return the folder or file `name` shipped with the program (``templates``, ``profiles``).

    An installed wheel carries it in ``hame_match/_bundled``; a checkout has it beside the package.

    Args:
        name: path relative to the bundle, with forward slashes.

    Returns:
        An existing path.

    Raises:
        HameMatchError: the installation is incomplete.
    """
    for base in (_PACKAGE / "_bundled", _PACKAGE.parent):
        if (base / name).exists():
            return base / name
    raise HameMatchError(f"{name} is missing from this installation of hame-match: install it again with pip")


def user_cache() -> Path:
    """Return the folder for files that can be made again, such as unpacked weights; it may not exist yet.

    ``HAME_MATCH_CACHE`` overrides it. Otherwise the platform's custom is followed (XDG base directories on Linux).
    """
    if override := os.environ.get("HAME_MATCH_CACHE"):
        return Path(override)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "hame-match"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "hame-match"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hame-match"
