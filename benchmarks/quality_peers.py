"""One peer over a list of sound files: run by quality.py in a process, and if need be an interpreter, of its own.

    python benchmarks/quality_peers.py {bliss,musly,musicnn-tensorflow} LIST.txt OUT.npz

Needs numpy and the peer, nothing of Synesthete. Writes vectors X [n, size], or similarities S [n, n].
"""

from __future__ import annotations

import sys
import wave
from pathlib import Path

import numpy as np


def bliss(files: list[str]) -> dict[str, np.ndarray]:
    """bliss-audio: 23 numbers, compared by their Euclidean distance as its documentation does."""
    from bliss_audio import Song

    rows = np.array([Song(file).analysis for file in files], dtype=np.float32)
    return {"S": -np.linalg.norm(rows[:, None] - rows[None], axis=2)}


def musly(files: list[str]) -> dict[str, np.ndarray]:
    """pymusly: its timbre method, its style set to the files themselves, as it recommends."""
    import pymusly

    jukebox = pymusly.MuslyJukebox("timbre", "none")
    tracks = []
    for file in files:
        with wave.open(file) as sound:
            samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2") / 32768
        tracks.append(jukebox.track_from_audiodata(samples.astype(np.float32).tolist()))
    jukebox.set_style(tracks[:: max(len(tracks) // 1000, 1)])
    pairs = list(zip(jukebox.add_tracks(tracks), tracks, strict=True))
    return {"S": -np.array([jukebox.compute_similarity(pair, pairs) for pair in pairs], dtype=np.float32)}


def musicnn_tensorflow(files: list[str]) -> dict[str, np.ndarray]:
    """The package musicnn as published: mean of the penultimate layer, by cosine."""
    from musicnn.extractor import extractor

    rows = [extractor(file, model="MSD_musicnn", extract_features=True)[2]["penultimate"] for file in files]
    vectors = np.stack([row.mean(axis=0) for row in rows])
    return {"X": (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)}


PEERS = {"bliss": bliss, "musly": musly, "musicnn-tensorflow": musicnn_tensorflow}


def main() -> int:
    """Run one peer; 3 if it is not installed."""
    if len(sys.argv) != 4:
        print("This runs one peer for benchmarks/quality.py: start that.")
        return 0
    name, listing, out = sys.argv[1:]
    files = Path(listing).read_text(encoding="utf-8").split("\n")
    try:
        made = PEERS[name](files)
    except ImportError as error:
        print(error)
        return 3
    np.savez(out, **made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
