"""The catalogue: tracks, vectors, failures and provenance in one SQLite file, and how sound gets into it.

:mod:`~synesthete.catalogue.store` is what the rest of the program talks to, :mod:`~synesthete.catalogue.vectors` what
encoders made of the tracks, :mod:`~synesthete.catalogue.words` what they call them,
:mod:`~synesthete.catalogue.schema` the file's format, :mod:`~synesthete.catalogue.ingest` the way in, and
:mod:`~synesthete.catalogue.share` the way to others.
"""

from synesthete.catalogue.ingest import embed_missing
from synesthete.catalogue.store import Catalogue, Failure
from synesthete.catalogue.vectors import EncoderEntry

__all__ = ["Catalogue", "EncoderEntry", "Failure", "embed_missing"]
