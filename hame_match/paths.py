"""Where files are: data shipped with the program, and the user's cache."""

import os
from pathlib import Path

import platformdirs

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

    ``HAME_MATCH_CACHE`` overrides the platform's own custom.
    """
    if override := os.environ.get("HAME_MATCH_CACHE"):
        return Path(override)
    return platformdirs.user_cache_path("hame-match", appauthor=False)
