"""Our own music: a seeded program that composes, plays and masters short pieces in many styles.

`compose` makes one piece; ``python -m tools.composer`` builds the built-in catalogue.
"""

from tools.composer.pieces import Piece, compose
from tools.composer.styles import STYLES

__all__ = ["STYLES", "Piece", "compose"]
