"""Lets ``python -m hame_match.cli`` do the same as ``hame-match``."""

from hame_match.cli import main

main()
