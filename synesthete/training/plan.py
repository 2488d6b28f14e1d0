"""Every number of a training run, in one frozen dataclass that travels with the weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synesthete.errors import OptionError

CHUNK_SECONDS = 12.1  # seven segments of 3 s, 1.5 s apart, and the teacher's last one wholly inside
SEGMENT_SECONDS = 3.0
HOP_SECONDS = 1.5
REPORTED = ("MineClone2", "phonograph_album_mcl", "sounds")  # collections on which figures are published
CHOSEN_ON = ("hedgewars-data", "supertux-data", "warmux-data", "wesnoth-1.16-music")  # on which weights are chosen
HELD_OUT = (*REPORTED, *CHOSEN_ON)  # collections no training ever hears, nor other music by their artists


def are_held_out(collections: Sequence[str], artists: Sequence[str]) -> list[bool]:
    """Which of some sounds, by their collections and artists (empty where unknown), no training may hear."""
    pairs = list(zip(collections, artists, strict=True))
    held_artists = {artist for collection, artist in pairs if collection in HELD_OUT} - {""}
    return [collection in HELD_OUT or artist in held_artists for collection, artist in pairs]


@dataclass(frozen=True)
class TrainingPlan:
    """What is learned from, and how.

    Attributes
    ----------
    seed : int
        Of the data and of the training; the same seed gives the same weights on the same machine and threads.
    n_chunks : int > 0
        How many pieces of 12 s are made, each in a clean and in a phone version.
    n_midi_renders, n_bands, n_voices : int >= 0
        How many MIDI performances and bands in the styles of MMA join the music, and how many voices sing over it.
    is_on_everything : bool
        Learn from the held-out collections too; figures measured on them then mean nothing.
    n_steps : int > 0
        Optimiser steps.
    n_segments : int > 1
        Segments in a batch.
    n_phones : int in [2, n_segments]
        How many of them are seen a second time, through the phone.
    depth, width : int
        Of the ResNet (:func:`synesthete.encoders.resnet.build`).
    likeness_size, identity_size : int >= 0
        How the embedding is divided: what the teacher hears, and which recording it is.
    layer_share : float in [0, 1)
        How much of the lesson are the teacher's layers below its tags; the rest is its penultimate layer.
    learning_rate, weight_decay : float
    short_share : float in [0, 1]
        Share of the steps that look at 2 s only: the same lesson at two thirds of the price, and listeners' snippets
        may be that short. The rest looks at the whole segment.
    warm_up : float in [0, 1)
        Share of the steps over which the learning rate rises; afterwards it falls along a cosine to zero.
    distillation, relations, tags, contrast : float >= 0
        Weights of the losses.
    temperature : float > 0
        Of the contrastive loss.
    n_remembered : int >= 0
        Earlier identity vectors that serve as further negatives.
    is_augmented : bool
        Whether the second view comes through the phone, and pictures are masked.
    is_mel_only : bool
        Leave chroma and tonnetz black.
    n_solved : int > 0
        Segments from which the last layer is solved at the end.
    identity_share : float in [0, 1]
        Share of the identity part in the cosine of the finished embedding.
    """

    seed: int = 0
    n_chunks: int = 14_000
    n_midi_renders: int = 284
    n_bands: int = 400
    n_voices: int = 120
    is_on_everything: bool = False
    n_steps: int = 4_000
    n_segments: int = 96
    n_phones: int = 32
    depth: int = 18
    width: int = 32
    likeness_size: int = 200
    identity_size: int = 128
    layer_share: float = 0.5
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    short_share: float = 0.9
    warm_up: float = 0.08
    distillation: float = 1.0
    relations: float = 1.0
    tags: float = 0.3
    contrast: float = 0.15
    temperature: float = 0.07
    n_remembered: int = 1_024
    is_augmented: bool = True
    is_mel_only: bool = False
    n_solved: int = 6_000
    identity_share: float = 0.1

    def __post_init__(self) -> None:
        above_zero = ("n_chunks", "n_steps", "depth", "width", "learning_rate", "temperature")
        for name in above_zero:
            if getattr(self, name) <= 0:
                raise OptionError(f"{name} is {getattr(self, name)}; a training needs it above zero.")
        if not 2 <= self.n_phones <= self.n_segments:
            raise OptionError(f"n_phones is {self.n_phones}; contrast needs 2 to n_segments = {self.n_segments}.")
        if not 0 <= self.layer_share < 1:
            raise OptionError(f"layer_share is {self.layer_share}, outside 0 to below 1.")
        if not 0 <= self.identity_share <= 1:
            raise OptionError(f"identity_share is {self.identity_share}, outside 0 to 1.")

    @property
    def embedding_size(self) -> int:
        """Both parts together."""
        return self.likeness_size + self.identity_size
