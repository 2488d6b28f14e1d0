"""What a phone recording finds, against counts by hand over a small catalogue of melodies."""

import dataclasses

import numpy as np
import pytest
import soundfile

from synesthete import encoders
from synesthete.audio import clip_from_samples, read_clip
from synesthete.catalogue import Catalogue
from synesthete.errors import OptionError
from synesthete.evaluation.command import table
from synesthete.evaluation.phone import Overlap, Recognition, phone_measures
from synesthete.evaluation.report import evaluate
from synesthete.evaluation.robustness import RecallAtK, through_phone
from synesthete.search import SearchEngine, SearchOptions
from tests.catalogues import RATE, take_in
from tests.sounds import melody


class Naming(SearchEngine):
    """Names the best match if it is nearer than ``least``."""

    least = 0.0

    def _find(self, *arguments, **options):
        result = super()._find(*arguments, **options)
        best = result.matches[0]
        return dataclasses.replace(result, recognised=best if best.cosine >= self.least else None)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    """Fourteen melodies of two genres, and another version of the first: its title and length, at another loudness."""
    folder = tmp_path_factory.mktemp("melodies")
    files = [folder / f"{number}.wav" for number in range(15)]
    for number, file in enumerate(files):
        sound = melody(9, RATE, seed=100 + number % 14)[:, 0]
        shrill = np.sin(np.arange(len(sound))) / 9
        soundfile.write(file, 0.4 * sound if number == 14 else sound + (number % 2) * shrill, RATE)

    def known(file):
        number = int(file.stem)
        genre = ("", "calm", "shrill")[(number > 2) * (1 + number % 2)]
        return {"title": str(number % 14), "artist": f"artist {number % 7}", "genre": genre}

    with Catalogue.open(folder / "small.sqlite") as made:
        take_in(made, encoders.load("statistics"), files, known)
        yield made


def by_hand(engine, track, snr_db):
    """Ids of the matches: of the clean passage, and through the phone."""
    clip = read_clip(engine.catalogue.audio_path(track))
    rng = np.random.default_rng([int(track.track_id[:8], 16), 8])
    n_samples = 8 * clip.sample_rate_hz
    starts = rng.integers(0, len(clip.samples) - n_samples + 1, size=3)
    passages = [clip.samples[start : start + n_samples] for start in starts]
    passage = max(passages, key=lambda samples: float((samples**2).sum()))
    recorded = through_phone(rng, passage, clip.sample_rate_hz, snr_db)
    results = []
    for samples in (passage, recorded):
        query = clip_from_samples(samples, clip.sample_rate_hz)
        results.append(engine.search(query, SearchOptions(k=15, compare="passage", hide_duplicates=False)))
    return [[match.track for match in result.matches] for result in results]


def test_the_measures_are_those_counted_by_hand(catalogue):
    encoder = encoders.load("statistics")
    engine = Naming(catalogue, encoder)
    measures = phone_measures(engine, [20.0, -6.0], 15)
    assert list(measures) == [20.0, -6.0]
    for snr_db, found in measures.items():
        ranks, shares, others, named, precisions = [], [], [], [], []
        for track in catalogue.tracks():
            clean, phone = by_hand(engine, track, snr_db)
            is_song = [other.title == track.title for other in phone]
            ranks.append(1 + is_song.index(True))
            named.append(is_song[0])
            shares.append(len({*phone[:10]} & {*clean[:10]}) / 10)
            rest = [[other for other in tracks if other.title != track.title][:10] for tracks in (clean, phone)]
            others.append(len({*rest[0]} & {*rest[1]}) / 10)
            if track.genre:
                candidates = [other for other in phone if other.genre and other.artist != track.artist]
                right = np.array([other.genre == track.genre for other in candidates])
                precisions.append((np.cumsum(right) / np.arange(1, len(right) + 1))[right].mean())
        assert found.recall == RecallAtK.from_ranks(ranks)
        assert dataclasses.astuple(found.ten) == pytest.approx((np.mean(shares), np.mean(others), 10 / 15, 15))
        assert found.genre.mean_average_precision == pytest.approx(np.mean(precisions), abs=1e-9)
        assert found.genre.n_queries == len(precisions)
        assert (found.recognition.named, found.recognition.right) == (1.0, pytest.approx(np.mean(named)))
    assert measures[-6.0].ten.share < measures[20.0].ten.share


def test_a_version_is_the_song_and_nothing_may_be_named(catalogue):
    """Only the first melody has a version: where it is left out, that one is named, which is no mistake."""
    encoder = encoders.load("statistics")
    engine = Naming(catalogue, encoder)
    engine.least = 0.999
    found = phone_measures(SearchEngine(catalogue, encoder), [30.0], 15)[30.0].recognition
    assert dataclasses.astuple(found) == pytest.approx((0.0, float("nan"), 0.0, 15), nan_ok=True)
    engine.least = -1.0
    everything = phone_measures(engine, [30.0], 15)[30.0].recognition
    assert everything.named == 1.0 and everything.named_without_song <= 13 / 15


def test_what_is_named_is_printed(catalogue):
    report = evaluate(catalogue, encoders.load("statistics"), max_tracks=1)
    report.phone_recognition["6 dB"] = Recognition(0.75, 1.0, 0.125, 8)
    report.phone_ten["6 dB"] = Overlap(0.5, 0.25, 0.1, 8)
    shown = table(report).splitlines()
    assert [line for line in shown if "recognised" in line] == [
        "8 s by phone, SNR 6 dB, recognised: 0.750  right of these 1.000  another one with the song left out 0.125  "
        "(8 queries)"
    ]
    assert (
        "8 s by phone, SNR 6 dB, of its ten matches also without the phone: 0.500  with the song left out 0.250  "
        "chance 0.100  (8 queries)"
    ) in shown
    assert report.as_json()["phone_ten"]["6 dB"]["n_queries"] == 8


def test_a_catalogue_of_short_sounds_has_nobody_to_ask_for(tmp_path):
    soundfile.write(tmp_path / "short.wav", melody(3, RATE), RATE)
    with Catalogue.open(tmp_path / "short.sqlite") as catalogue:
        encoder = encoders.load("statistics")
        take_in(catalogue, encoder, [tmp_path / "short.wav"])
        with pytest.raises(OptionError, match="no track to ask for"):
            phone_measures(SearchEngine(catalogue, encoder), [6.0], 5)
