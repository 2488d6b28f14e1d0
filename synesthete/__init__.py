"""Synesthete: hear with your eyes. Any sound in, the tracks that sound most alike out.

The main path, in the order the data goes::

    clip = audio.read_clip("snippet.mp3")          # path or bytes -> mono float32, one rate
    result = search.search("snippet.mp3", catalogue)  # decode -> see -> embed -> search

Importing this package is cheap: torch, faiss and librosa load when first needed.
"""

__version__ = "0.1.0"
