"""Every number of a training run, in one frozen dataclass that travels with the weights."""

from __future__ import annotations

from dataclasses import dataclass

from synesthete.errors import OptionError

CHUNK_SECONDS = 12.1  # seven segments of 3 s, 1.5 s apart, and the teacher's last one wholly inside
SEGMENT_SECONDS = 3.0
HOP_SECONDS = 1.5


@dataclass(frozen=True)
class TrainingConfig:
    """What is learned from, and how.

    Attributes
    ----------
    seed : int
        Of the data and of the training; the same seed gives the same weights on the same machine and threads.
    n_chunks : int > 0
        How many chunks of 12 s are made, each in a clean view and in one recorded by a phone in a room.
    n_midi_renders, n_bands, n_voices : int >= 0
        How many renders of MIDI pieces and bands in the styles of MMA join the music, and how many voices are laid
        over it.
    has_held_out : bool
        Learn from the held-out collections too; figures measured on them then mean nothing.
    n_steps : int >= 0
        Optimiser steps; none fits only the last layer anew, to the weights that the training begins with.
    batch_size : int > 1
        Segments in a batch.
    n_pairs : int in [2, batch_size]
        How many of them have a second, augmented view: the positive pairs of the contrastive loss.
    depth, width : int
        Of the ResNet (:func:`synesthete.encoders.resnet.build`).
    likeness_size, identity_size : int >= 0
        How the embedding is divided: how many principal axes of aisfx it tells, and what is learned by contrast between
        recordings.
    layer_share, effect_share : float >= 0, together below 1
        Shares of musicnn's pooled layers and of aisfx in the distillation targets; the rest is musicnn's penultimate
        layer.
    learning_rate, weight_decay : float
    short_share : float in [0, 1]
        Share of the steps on segments of 2 s, at two thirds of the price; listeners' snippets may be that short. The
        rest is on whole segments.
    warm_up : float in [0, 1)
        Share of the steps over which the learning rate rises; afterwards it falls along a cosine to zero.
    distillation_weight, relational_weight, tag_weight, contrastive_weight : float >= 0
        Of the losses.
    temperature : float > 0
        Of the contrastive loss.
    queue_size : int >= 0
        Identity vectors of earlier batches that serve as further negatives (the queue of MoCo).
    is_augmented : bool
        Whether the second view is recorded by a phone, and images are masked.
    is_mel_only : bool
        Leave chroma and tonnetz at zero.
    n_head_segments : int > 0
        Segments on which the last layer is fitted at the end.
    identity_share : float in [0, 1]
        Share of the identity in the cosine of the finished embedding.
    start : str
        SHA-256 of the weights that the training begins with; empty where it begins at random.
    """

    seed: int = 0
    n_chunks: int = 14_000
    n_midi_renders: int = 284
    n_bands: int = 400
    n_voices: int = 120
    has_held_out: bool = False
    n_steps: int = 4_000
    batch_size: int = 96
    n_pairs: int = 32
    depth: int = 18
    width: int = 32
    likeness_size: int = 128
    identity_size: int = 128
    layer_share: float = 0.25
    effect_share: float = 0.5
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    short_share: float = 0.9
    warm_up: float = 0.08
    distillation_weight: float = 1.0
    relational_weight: float = 1.0
    tag_weight: float = 0.3
    contrastive_weight: float = 0.05
    temperature: float = 0.07
    queue_size: int = 1_024
    is_augmented: bool = True
    is_mel_only: bool = False
    n_head_segments: int = 6_000
    identity_share: float = 0.9
    start: str = ""

    def __post_init__(self) -> None:
        above_zero = ("n_chunks", "depth", "width", "learning_rate", "temperature", "n_head_segments")
        for name in above_zero:
            if getattr(self, name) <= 0:
                raise OptionError(f"{name} is {getattr(self, name)}; a training needs it above zero.")
        if self.n_steps < (0 if self.start else 1):
            raise OptionError(f"n_steps is {self.n_steps}; a training that begins at random needs some.")
        if not 2 <= self.n_pairs <= self.batch_size:
            raise OptionError(
                f"n_pairs is {self.n_pairs}; the contrastive loss needs 2 to batch_size = {self.batch_size}."
            )
        shares = self.layer_share, self.effect_share
        if min(shares) < 0 or sum(shares) >= 1:
            raise OptionError(
                f"layer_share and effect_share are {shares[0]} and {shares[1]}; none may be below zero, and together "
                "they must leave something of 1."
            )
        if not 0 <= self.identity_share <= 1:
            raise OptionError(f"identity_share is {self.identity_share}, outside 0 to 1.")

    @property
    def embedding_size(self) -> int:
        """Likeness and identity together."""
        return self.likeness_size + self.identity_size
