"""Tracks found by a description, with a stand-in for CLAP whose texts are known."""

import numpy as np
import pytest

from synesthete import encoders
from synesthete.catalogue.description import describer_of, find_described, why_not


class Catalogue:
    """What is asked of a catalogue here."""

    def __init__(self, rows):
        self.rows = np.array(rows, dtype=np.float32)

    def encoders(self):
        return ()

    def ids(self, fingerprint):
        assert fingerprint == "a clap"
        return tuple(f"track {number}" for number in range(len(self.rows)))

    def track_features(self, fingerprint):
        return self.rows


class Describer:
    fingerprint = "a clap"

    def embed_text(self, text):
        return np.array({"rain": [1, 0, 0], "drums": [0, 0.6, 0.8]}[text], dtype=np.float32)


def test_the_nearest_to_the_text_come_first():
    catalogue = Catalogue([[0, 3, 4], [2, 0, 0], [1, 1, 0], [0, 0, 0]])  # the last one is silent
    rain = find_described(catalogue, Describer(), "rain", 10)
    assert [track for track, _ in rain] == ["track 1", "track 2", "track 0"]
    assert [cosine for _, cosine in rain] == pytest.approx([1, 0.5**0.5, 0])
    assert find_described(catalogue, Describer(), "drums", 1) == [("track 0", pytest.approx(1))]


def test_without_clap_a_sentence_says_so(monkeypatch):
    catalogue = Catalogue([[1, 0, 0]])
    assert describer_of(catalogue) is None
    monkeypatch.setattr(encoders, "why_not_ready", lambda name: "")
    assert why_not(catalogue).endswith("synesthete index FOLDER --encoder clap.")
    monkeypatch.setattr(encoders, "why_not_ready", lambda name: "It lacks a package.")
    assert "needs CLAP. It lacks a package." in why_not(catalogue)
