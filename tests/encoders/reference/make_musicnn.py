"""Make the two small files by which our musicnn is held to TensorFlow's.

Run in an environment of its own (TensorFlow never enters the project's)::

    pip install tensorflow-cpu==2.15.1 librosa==0.11.0 && pip install --no-deps musicnn==0.1.0
    python tests/encoders/reference/make_musicnn.py [--check]

It writes ``synesthete/encoders/musicnn_tensors.json`` (where each tensor lies in the checkpoint's data file,
and the names of the tags) and ``musicnn.npz`` beside this script (what the published network answers to the
segments of :func:`waveforms`).
``--check`` writes nothing and fails if either file would change.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
TABLE = HERE.parents[2] / "synesthete" / "encoders" / "musicnn_tensors.json"
OUTPUTS = HERE / "musicnn.npz"
SAMPLE_RATE_HZ = 16_000
N_SAMPLES = 186 * 256 + 512  # 187 frames that lie wholly inside
OUTPUT_NAMES = ("tags", "mean_pool", "max_pool", "penultimate")


def waveforms() -> np.ndarray:
    """Five segments that wake different filters: chords over drums, a sweep, noise bursts, clipping, silence.

    Returns
    -------
    np.ndarray [shape=(5, 48128)], float32 in [-1, 1], at 16 kHz
    """
    time = np.arange(N_SAMPLES) / SAMPLE_RATE_HZ
    noise = np.random.RandomState(3).uniform(-1, 1, N_SAMPLES)  # the legacy stream never changes
    beat = np.exp(-12 * (time % 0.5))
    harmonics = [(hz * k, k) for hz in (220.0, 277.2, 329.6) for k in range(1, 12)]
    chord = 0.12 * sum(np.sin(2 * np.pi * hz * time) / k for hz, k in harmonics)
    kick = 0.4 * beat * np.sin(2 * np.pi * 60 * time)
    hat = 0.1 * noise * np.exp(-40 * ((time + 0.25) % 0.5))
    rows = [
        chord + kick + hat,
        0.02 * np.sin(2 * np.pi * (100 * time + 1100 * time**2)),
        0.8 * noise * beat,
        np.clip(6 * np.sin(2 * np.pi * 110 * time) * (1 + 0.5 * np.sin(2 * np.pi * 5 * time)), -0.99, 0.99),
        np.zeros(N_SAMPLES),
    ]
    return np.stack(rows).astype(np.float32)


def log_mel(segment: np.ndarray) -> np.ndarray:
    """The published extractor's picture of one segment, in float32: [187, 96], by librosa."""
    import librosa

    mel = librosa.feature.melspectrogram(
        y=segment, sr=SAMPLE_RATE_HZ, n_fft=512, hop_length=256, n_mels=96, center=False
    )
    return np.log10(10_000 * mel.T.astype(np.float32) + 1)


def checkpoint_table(reader: Any, data: bytes) -> dict[str, Any]:
    """Offset and shape of every tensor that inference reads, each checked against TensorFlow's own value."""
    from musicnn import configuration

    table, offset = {}, 0
    for name in sorted(reader.get_variable_to_shape_map()):  # the order in which the checkpoint was written
        values = reader.get_tensor(name)
        raw = values.tobytes()
        if data[offset : offset + len(raw)] != raw:
            sys.exit(f"{name} does not lie at byte {offset}: the checkpoint has another layout than assumed.")
        if "Adam" not in name and not name.startswith("beta"):  # those only training reads
            table[name] = {"offset": offset, "shape": list(values.shape)}
        offset += len(raw)
    return {
        "file": "MSD_musicnn/.data-00000-of-00001",
        "sha256": hashlib.sha256(data).hexdigest(),
        "dtype": "<f4",
        "tags": configuration.MSD_LABELS,
        "tensors": table,
    }


def tensorflow_outputs(checkpoint: str) -> dict[str, np.ndarray]:
    """What the published graph, with the published weights, answers to :func:`waveforms`."""
    import tensorflow as tf
    from musicnn import models

    tf.compat.v1.disable_eager_execution()
    pictures = np.stack([log_mel(segment) for segment in waveforms()])
    x = tf.compat.v1.placeholder(tf.float32, [None, *pictures.shape[1:]])
    is_training = tf.compat.v1.placeholder(tf.bool)
    logits, *_, mean_pool, max_pool, penultimate = models.define_model(x, is_training, "MSD_musicnn", 50)
    session = tf.compat.v1.Session()
    tf.compat.v1.train.Saver().restore(session, checkpoint)
    wanted = [tf.nn.sigmoid(logits), mean_pool, max_pool, penultimate]
    values = session.run(wanted, feed_dict={x: pictures, is_training: False})
    return {name: value.astype(np.float32) for name, value in zip(OUTPUT_NAMES, values, strict=True)}


def main() -> None:
    """Write both files, or compare with ``--check``."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 on a difference")
    is_check = parser.parse_args().check
    import tensorflow as tf

    checkpoint = str(Path(find_spec("musicnn").origin).parent / "MSD_musicnn") + "/"
    data = Path(checkpoint, ".data-00000-of-00001").read_bytes()
    lines = checkpoint_table(tf.compat.v1.train.NewCheckpointReader(checkpoint), data)
    tensors = ",\n".join(f"    {json.dumps(k)}: {json.dumps(v)}" for k, v in lines.pop("tensors").items())
    head = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in lines.items())
    text = "{\n" + head + ',\n  "tensors": {\n' + tensors + "\n  }\n}\n"
    outputs = tensorflow_outputs(checkpoint)
    if not is_check:
        TABLE.write_text(text)
        np.savez_compressed(OUTPUTS, **outputs)
        return
    if TABLE.read_text() != text:
        sys.exit(f"{TABLE} differs from the installed checkpoint.")
    with np.load(OUTPUTS) as stored:
        for name, values in outputs.items():
            if not np.allclose(stored[name], values, atol=2e-5, rtol=1e-5):
                sys.exit(f"{OUTPUTS}: {name} differs by {np.abs(stored[name] - values).max():.2e}.")


if __name__ == "__main__":
    main()
