"""A 3-D map of one encoder's embeddings, and the place of a new sound on it.

Nearness on the map is an impression: numbers come from the embedding. :func:`fit` makes a map, :func:`place`
puts a sound on it, :func:`load_or_fit` keeps it beside the catalogue, :func:`trustworthiness` says how far it
can be trusted.
"""

from synesthete.landscape.export import coordinates_csv, projector_tsv
from synesthete.landscape.grouping import clusters
from synesthete.landscape.layout import METHODS, Landscape, fit, place
from synesthete.landscape.naming import name_groups
from synesthete.landscape.quality import neighbours_kept, trustworthiness
from synesthete.landscape.sample import fair_sample
from synesthete.landscape.storage import default_path, fingerprint, load_or_fit

__all__ = [
    "METHODS",
    "Landscape",
    "clusters",
    "coordinates_csv",
    "default_path",
    "fair_sample",
    "fingerprint",
    "fit",
    "load_or_fit",
    "name_groups",
    "neighbours_kept",
    "place",
    "projector_tsv",
    "trustworthiness",
]
