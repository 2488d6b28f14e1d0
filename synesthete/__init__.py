"""Synesthete: hear with your eyes. Any sound in, the tracks that sound most alike out.

The main path, in the order the data goes::

    encoder = encoders.load("statistics")
    with sampler.open_for(encoder) as catalogue:
        result = search.search("snippet.mp3", catalogue, encoder)  # decode -> see -> embed -> search

Importing this package is cheap: torch and faiss load when first needed.
"""

__version__ = "0.1.0"
