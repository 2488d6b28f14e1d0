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
    """The package musicnn as published: mean of the penultimate layer, by cosine.

    Its own spectrogram, network and weights, to its advantage without its ``extractor``: that one builds and loads the
    network for each file, and gives the first patch's penultimate layer for every patch. Clips shorter than its patches
    of 3 s are cut into patches of 2 s, as its ``input_length`` offers. Under NumPy 2 its half-precision
    spectrogram overflows.
    """
    import librosa
    import tensorflow as tf
    from musicnn import configuration, models
    from musicnn.extractor import batch_data

    sessions = {}
    rows = []
    for file in files:
        with wave.open(file) as sound:
            seconds = 3 if sound.getnframes() / sound.getframerate() >= 3.1 else 2
        n_frames = librosa.time_to_frames(
            seconds, sr=configuration.SR, n_fft=configuration.FFT_SIZE, hop_length=configuration.FFT_HOP
        )
        n_frames = int(n_frames) + 1
        if seconds not in sessions:
            with tf.Graph().as_default(), tf.name_scope("model"):
                patches = tf.compat.v1.placeholder(tf.float32, [None, n_frames, configuration.N_MELS])
                is_training = tf.compat.v1.placeholder(tf.bool)
                penultimate = models.define_model(patches, is_training, "MSD_musicnn", len(configuration.MSD_LABELS))[
                    -1
                ]
                session = tf.compat.v1.Session()
                folder = Path(models.__file__).parent / "MSD_musicnn"
                tf.compat.v1.train.Saver().restore(session, f"{folder}/")
            sessions[seconds] = session, patches, is_training, penultimate
        session, patches, is_training, penultimate = sessions[seconds]
        batches = batch_data(file, n_frames, n_frames)[0]
        rows.append(session.run(penultimate, {patches: batches, is_training: False}).mean(axis=0))
    vectors = np.stack(rows)
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
