"""What a journey is asked to be, what it is, and how good it is.

Steps are measured as angles between unit vectors in degrees: unlike cosines they add up along a great circle,
and equal angles sound equally far. The cosine of each step stands beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synesthete.errors import OptionError
from synesthete.tracks import Track

MIN_LENGTH, MAX_LENGTH = 3, 50


@dataclass(frozen=True)
class JourneyOptions:
    """What a journey should be like.

    Attributes
    ----------
    length : int in [3, 50]
        How many stops, seeds included.
    smoothness : float in [0, 1]
        1: small, even steps above all, wherever they lead. 0: straight along the great circle, whatever the
        steps.
    max_per_artist : int > 0, optional
        Most stops by one artist; tracks without an artist are not counted as one, and seeds are always
        allowed.
    """

    length: int = 12
    smoothness: float = 0.5
    max_per_artist: int | None = 2

    def __post_init__(self) -> None:
        if not MIN_LENGTH <= self.length <= MAX_LENGTH:
            raise OptionError(f"length is {self.length}; a journey has {MIN_LENGTH} to {MAX_LENGTH} stops.")
        if not 0 <= self.smoothness <= 1:
            raise OptionError(f"smoothness is {self.smoothness}; it must be between 0 (direct) and 1 (smooth).")
        check_max_per_artist(self.max_per_artist)


def check_max_per_artist(value: int | None) -> None:
    """OptionError unless ``value`` is None or at least 1."""
    if value is not None and value < 1:
        raise OptionError(f"max_per_artist is {value}; it must be None or at least 1.")


@dataclass(frozen=True)
class Stop:
    """One stop of a journey.

    Attributes
    ----------
    track : Track, optional
        None for the listener's own sound, which is a seed but no track.
    is_seed : bool
    progress : float in [0, 1]
        How far along: within a leg, the angle to where it starts over the sum of the angles to both its ends.
    step_degrees : float in [0, 180]
        Angle from the stop before; 0 for the first.
    step_cosine : float in [-1, 1]
        Cosine similarity to the stop before; 1 for the first.
    start_seconds : float >= 0 [s]
        Where to start playing: the most typical segment of the track.
    """

    track: Track | None
    is_seed: bool
    progress: float
    step_degrees: float
    step_cosine: float
    start_seconds: float = 0.0


@dataclass(frozen=True)
class JourneyQuality:
    """How good a journey is, measured the same way for every method.

    Attributes
    ----------
    largest_step_degrees, mean_step_degrees : float in [0, 180]
    evenness : float in (0, 1]
        Jain's index of the steps, (sum)² / (count · sum of squares): 1 if all are equal (Jain, Chiu & Hawe,
        1984).
    forward_share : float in [0, 1]
        Share of the steps that bring progress.
    artist_repeats : int >= 0
        Stops whose artist came before on this journey.
    """

    largest_step_degrees: float
    mean_step_degrees: float
    evenness: float
    forward_share: float
    artist_repeats: int

    @classmethod
    def measure(cls, steps_degrees: np.ndarray, progress: np.ndarray, tracks: Sequence[Track | None]) -> JourneyQuality:
        """Measure from the n - 1 steps [degrees], the progress of the n stops in [0, 1], and their tracks."""
        squares = float((steps_degrees**2).sum())
        evenness = float(steps_degrees.sum()) ** 2 / (len(steps_degrees) * squares) if squares else 1.0
        artists = Counter(artist_key(track) for track in tracks if track is not None and artist_key(track))
        return cls(
            largest_step_degrees=float(steps_degrees.max()),
            mean_step_degrees=float(steps_degrees.mean()),
            evenness=min(evenness, 1.0),
            forward_share=float((np.diff(progress) > 0).mean()),
            artist_repeats=sum(artists.values()) - len(artists),
        )


@dataclass(frozen=True)
class Journey:
    """A path from the first seed to the last.

    Attributes
    ----------
    stops : tuple of Stop
        ``options.length`` of them; the seeds in their order, first and last included.
    quality : JourneyQuality
    is_optimal : bool
        Proven: no journey through the same candidates with the same options costs less.
    gap : float >= 0
        Optimality gap: by what share the cost could at most be lower; 0 if ``is_optimal``.
    n_candidates : int > 0
        How many tracks were considered. Up to ``route.POOL_SIZE`` a leg these are all that the options allow.
    """

    stops: tuple[Stop, ...]
    quality: JourneyQuality
    is_optimal: bool
    gap: float
    n_candidates: int

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The tracks in order: what a playlist holds. The listener's own sound is not among them."""
        return tuple(stop.track for stop in self.stops if stop.track is not None)


def artist_key(track: Track) -> str:
    """The artist as compared: case and outer blanks do not matter; empty if unknown."""
    return track.artist.strip().casefold()
