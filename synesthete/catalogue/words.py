"""What a tagger calls the tracks of a catalogue, and finding tracks by it and by what is written in their tags.

A tagger's probabilities are low, and those of common tags far higher than those of rare ones. So a track *has* a word
whose probability is at least twice the usual in this catalogue, and at least ``LEAST``; from ``SURE`` on it has it in
any case, or no track of a jazz collection would be jazz. ``docs/decisions/words.md`` says how these were chosen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from synesthete.catalogue.fitting import MomentStore
from synesthete.catalogue.schema import searchable
from synesthete.catalogue.vectors import portions
from synesthete.errors import CatalogueError

if TYPE_CHECKING:
    from synesthete.encoders.base import Embedding, Encoder

LEAST, SURE, TIMES_USUAL = 0.05, 0.3, 2.0
_PRIOR, _PRIOR_TRACKS = 0.05, 20  # what is usual in a catalogue of few tracks
_FEW_TRACKS = 5_000  # what is usual among them is reckoned anew at every change
_MOST_CHARACTERS, _MOST_TERMS = 1000, 30  # of what is looked for: a pasted page is no search
_MOST_TOKENS = 3  # of a phrase that is one word: "rhythm and blues"

# Other ways to say a word, besides case, accents, hyphens, apostrophes and a plural.
NEAR_FORMS = {
    "female vocalists": ("female vocal", "female voice", "female singer"),
    "male vocalists": ("male vocal", "male voice", "male singer"),
    "hip hop": ("hiphop", "rap"),
    "rnb": ("r&b", "rhythm and blues"),
    "chillout": ("chill out",),
    "progressive rock": ("prog", "prog rock"),
    **{f"{decade}s": (f"19{decade}s",) for decade in (60, 70, 80, 90)},
    "00s": ("2000s",),
}


@dataclass(frozen=True)
class Term:
    """A part of what is looked for: one written token, or the tokens of one word.

    Attributes
    ----------
    tokens : tuple of str
        Without case and accents; all have to be in a track's title, artist, album or genre,
    word : str
        or the track has to have this word; empty where it is none that a track here has.
    """

    tokens: tuple[str, ...]
    word: str = ""

    @property
    def text(self) -> str:
        """As it was looked for."""
        return " ".join(self.tokens)


class WordStore(MomentStore):
    """The words of a catalogue."""

    # thresholds, the state of the catalogue they belong to, and how many changes they may lag behind
    _known: tuple[dict[str, float], int, int] | None = None

    def put_embedding(self, track_id: str, encoder: Encoder, embedding: Embedding) -> None:
        """Store an embedding (:meth:`VectorStore.put_embedding`), and the tags that came with it."""
        with self.transaction():
            super().put_embedding(track_id, encoder, embedding)
            if encoder.tag_names:
                values = [embedding.tags.get(name, 0.0) for name in encoder.tag_names]
                self.put_tags(track_id, encoder.fingerprint, encoder.tag_names, np.array(values, dtype=np.float16))

    def put_tags(self, track_id: str, fingerprint: str, names: Sequence[str], probabilities: np.ndarray) -> None:
        """Keep what an encoder calls a track, in place of what another called it.

        Parameters
        ----------
        track_id, fingerprint : str
            A track, and an encoder that has vectors here.
        names : sequence of str
            Of the tags; the same for all tracks of an encoder.
        probabilities : np.ndarray [shape=(n_names,)], float16 in [0, 1]

        Raises
        ------
        CatalogueError
            Another number of probabilities, one out of range, or other names than this encoder had before.
        """
        if probabilities.shape != (len(names),) or not ((probabilities >= 0) & (probabilities <= 1)).all():
            raise CatalogueError(
                f"The tags of track {track_id!r} are {probabilities.shape} numbers for {len(names)} names; each name"
                " needs one in [0, 1]. Embed it again."
            )
        with self.transaction():
            text = json.dumps(list(names), ensure_ascii=False)
            self._rows("INSERT OR IGNORE INTO tag_names (fingerprint, names) VALUES (?, ?)", (fingerprint, text))
            if self._rows("SELECT names FROM tag_names WHERE fingerprint = ?", (fingerprint,)) != [(text,)]:
                raise CatalogueError(
                    f"The catalogue {self.path} holds other tag names of encoder {fingerprint}. Index into a new one."
                )
            self._rows(
                "INSERT OR REPLACE INTO track_tags (track_id, fingerprint, probabilities) VALUES (?, ?, ?)",
                (track_id, fingerprint, probabilities.astype("<f2").tobytes()),
            )
            self._rows("DELETE FROM track_words WHERE track_id = ?", (track_id,))
            for word, probability in _likely(names, probabilities).items():
                row = (track_id, word, probability)
                self._rows("INSERT INTO track_words (track_id, word, probability) VALUES (?, ?, ?)", row)
            self._count_change()

    def tags(self, track_id: str) -> dict[str, float]:
        """All that an encoder calls a track: name to probability in [0, 1], likeliest first; empty if none did."""
        rows = self._rows(
            "SELECT names, probabilities FROM track_tags JOIN tag_names USING (fingerprint) WHERE track_id = ?",
            (track_id,),
        )
        if not rows:
            return {}
        pairs = zip(json.loads(rows[0][0]), np.frombuffer(rows[0][1], dtype="<f2").tolist(), strict=True)
        return dict(sorted(pairs, key=lambda pair: -pair[1]))

    def n_tagged(self) -> int:
        """How many tracks an encoder has called something, be it likely or not."""
        return int(self._rows("SELECT count(*) FROM track_tags")[0][0])

    def n_untagged(self) -> int:
        """How many tracks that have audio no encoder has called anything."""
        query = "SELECT count(*) FROM tracks WHERE path != '' AND track_id NOT IN (SELECT track_id FROM track_tags)"
        return int(self._rows(query)[0][0])

    # ---- which words a track has --------------------------------------------------------------------------

    def thresholds(self) -> dict[str, float]:
        """The words that tracks here may have, and the least probability [0, 1] of each for a track to have it.

        They are means over all tracks. While a large catalogue is added to they are taken anew at every half percent.
        """
        n_changes = self.n_changes()
        if self._known is None or abs(self._known[1] - n_changes) > self._known[2]:
            n = self.n_tagged() + _PRIOR_TRACKS
            sums = self._rows("SELECT word, sum(probability) FROM track_words GROUP BY word")
            usual = {word: (total + _PRIOR * _PRIOR_TRACKS) / n for word, total in sums}
            self.take_thresholds({word: min(max(TIMES_USUAL * p, LEAST), SURE) for word, p in usual.items()})
        assert self._known is not None
        return self._known[0]

    def take_thresholds(self, thresholds: dict[str, float]) -> None:
        """Take for :meth:`thresholds` what it gave before in the state that the catalogue is in now."""
        n_tagged = self.n_tagged()
        self._known = thresholds, self.n_changes(), n_tagged // 200 if n_tagged > _FEW_TRACKS else 0

    def words_of(self, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The words that each of some tracks has, likeliest first; tracks without words are left out."""
        least = self.thresholds()
        found: dict[str, list[str]] = {}
        for part in portions(ids):
            rows = self._rows(
                "SELECT track_id, word, probability FROM track_words"
                f" WHERE track_id IN ({', '.join('?' * len(part))}) ORDER BY probability DESC, word",
                part,
            )
            for track_id, word, probability in rows:
                if probability >= least.get(word, SURE):
                    found.setdefault(track_id, []).append(word)
        return {track_id: tuple(words) for track_id, words in found.items()}

    def words_for(self, tags: Mapping[str, float]) -> tuple[str, ...]:
        """The words that a sound with these tags, name to probability, would have here; likeliest first."""
        least = self.thresholds()
        likely = _likely(tags, np.array(list(tags.values())))
        ranked = sorted(likely.items(), key=lambda pair: (-pair[1], pair[0]))
        return tuple(word for word, probability in ranked if probability >= least.get(word, SURE))

    def _least(self) -> tuple[str, list[str | float]]:
        """The thresholds as a table of a query, and what it binds."""
        pairs = self.thresholds().items()
        marks = ", ".join(["(?, ?)"] * len(pairs)) or "(NULL, NULL)"
        return f"WITH least (word, least) AS (VALUES {marks})", [value for pair in pairs for value in pair]

    def word_counts(self) -> dict[str, int]:
        """How many tracks have each word, the commonest first; words that none has are left out."""
        table, least = self._least()
        rows = self._rows(
            f"{table} SELECT word, count(*) AS n FROM least CROSS JOIN track_words USING (word)"
            " WHERE probability >= least GROUP BY word ORDER BY n DESC, word",
            least,
        )
        return dict(rows)

    def terms(self, text: str) -> tuple[Term, ...]:
        """Cut what is looked for into words, the longest first, and written tokens.

        A word is known whatever its case, accents, hyphens and apostrophes, in the plural too, and by its
        ``NEAR_FORMS``.
        """
        known = {_key(word): word for word in self.thresholds()}
        for word, others in NEAR_FORMS.items():
            if _key(word) in known:
                known |= {_key(other): known[_key(word)] for other in others}
        tokens = tokens_of(text)
        found: list[Term] = []
        while tokens:
            for n in range(min(_MOST_TOKENS, len(tokens)), 0, -1):
                word = known.get(_key(" ".join(tokens[:n])), "")
                if word or n == 1:
                    found.append(Term(tuple(tokens[:n]), word))
                    del tokens[:n]
                    break
        return tuple(found)


def tokens_of(text: str) -> list[str]:
    """The parts of what is looked for, without case and accents."""
    return re.findall(r"[^\s,;]+", searchable(text[:_MOST_CHARACTERS]))[:_MOST_TERMS]


def _likely(names: Iterable[str], probabilities: np.ndarray) -> Mapping[str, float]:
    """Likely words with their probabilities, in lower case; of several forms of one word the first stands for all."""
    words: dict[str, str] = {}
    likely: dict[str, float] = {}
    for name, probability in zip(names, probabilities.tolist(), strict=True):
        word = words.setdefault(_key(name), name.lower())
        if probability >= LEAST:
            likely[word] = max(likely.get(word, 0.0), probability)
    return likely


@lru_cache(maxsize=4096)  # fifty words come with every track
def _key(text: str) -> str:
    """What is the same in all forms of a word."""
    parts = re.sub("['’]", "", re.sub("[-_/]", " ", searchable(text))).split()
    return " ".join(part.removesuffix("s") if len(part) > 5 else part for part in parts)  # but blues and 80s
