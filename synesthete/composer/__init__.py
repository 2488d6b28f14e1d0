"""Our own music: a seeded program that composes, plays and masters short pieces in many styles.

`compose` makes one piece; ``python -m synesthete.composer`` builds the built-in catalogue.
"""

from synesthete.composer.pieces import Piece, compose
from synesthete.composer.styles import STYLES

__all__ = ["STYLES", "Piece", "compose"]
