"""Lists of a catalogue's tracks, of any size: found by words, put in order and cut into pages by SQLite.

Nothing here reads all tracks: orders are indexes, and what is written in the tags is looked up in a full-text index of
its words (FTS5, https://sqlite.org/fts5.html), which triggers keep in step. Whatever a listener types is safe to look
for; it never becomes a part of a query.
"""

from __future__ import annotations

import random
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from synesthete.catalogue.schema import UNKNOWN, searchable, sort_key
from synesthete.catalogue.words import SURE, Term, WordStore, tokens_of
from synesthete.tracks import Track

Order = Literal["fit", "artist", "title", "album", "genre", "year", "length", "added"]
Kind = Literal["artist", "album", "genre"]

# Columns that an index holds in this order; "fit" is by artist where everything fits alike.
_BY_ARTIST = ("artist", "album", "track_number", "title")
_ORDERS: dict[str, tuple[str, ...]] = {
    "fit": _BY_ARTIST,
    "artist": _BY_ARTIST,
    "title": ("title", "artist"),
    "album": ("album", "track_number", "title"),
    "genre": ("genre", "artist", "title"),
    "year": ("year",),
    "length": ("seconds",),
    "added": (),
}
_COLUMNS = ("title", "artist", "album", "genre", "album_artist")
_ANYWHERE = " || ' ' || ".join(_COLUMNS)
_LOOKED_AT = 500  # of what fits a text, to put the likeliest first
KEPT_IDS = 5_000  # of each of the queries that were asked last: a page asks for the same ones whenever it runs again
_KEPT_ANSWERS = 32

Answer = TypeVar("Answer")

# Scripts that put no blanks between words, and so have no beginnings of words to look up.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


@dataclass(frozen=True)
class Query:
    """Which tracks, and in which order.

    Attributes
    ----------
    text : str
        "jazz", "female vocals björk": each part has to begin a word of the title, artist, album or genre, whatever case
        and accents, or be a word that the track has (:meth:`Catalogue.terms`).
    words : tuple of str
        Of :meth:`Catalogue.word_counts`; only tracks that have all of them.
    artist, album, genre : str, optional
        Only tracks of just this one, whatever case and accents; the empty text is the unknown one.
    order : {"fit", "artist", "title", "album", "genre", "year", "length", "added"}
        "fit": what is written before what is only heard, and that by its probability; then as "artist", which goes on
        by album and place on it. Unknown tags come last.
    is_descending : bool
    """

    text: str = ""
    words: tuple[str, ...] = ()
    artist: str | None = None
    album: str | None = None
    genre: str | None = None
    order: Order = "fit"
    is_descending: bool = False


EVERYTHING = Query()


class ListingStore(WordStore):
    """The tracks of a catalogue as lists."""

    _answers_of: tuple[int, int | None] | None = None  # the state of the catalogue that the kept answers are of
    _answers: OrderedDict[tuple[str, Query], Any]  # each catalogue's own, made with the first answer

    def list_track(self, track: Track) -> None:
        """Enter a track, or what is new of it, among what is listed and found."""
        tags = (track.title, track.artist, track.album, track.genre, track.album_artist)
        names = ("track_id", *_COLUMNS, "track_number", "year", "seconds")
        values = (track.track_id, *map(sort_key, tags), track.track_number, track.year, track.seconds)
        self._rows(
            f"INSERT INTO listing ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
            f" ON CONFLICT (track_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in names[1:])}",
            values,
        )

    def n_unlisted(self) -> int:
        """How many tracks no list holds; a whole catalogue has none."""
        return int(self._rows("SELECT count(*) FROM tracks WHERE track_id NOT IN (SELECT track_id FROM listing)")[0][0])

    # ---- pages --------------------------------------------------------------------------------------------

    def listed_ids(self, query: Query, offset: int, limit: int) -> tuple[str, ...]:
        """Ids of the tracks that fit, in order: ``limit`` of them at most, after the first ``offset``."""
        if offset + limit <= KEPT_IDS:
            return self._kept("ids", query, lambda: self._listed_ids(query, 0, KEPT_IDS))[offset:][:limit]
        return self._listed_ids(query, offset, limit)

    def listing_state(self) -> tuple[int, int | None]:
        """Numbers of which one is another when tracks, tags or words have come, gone or changed."""
        (state,) = self._rows("SELECT n, (SELECT max(number) FROM listing) FROM changes")
        return state

    def _kept(self, kind: str, query: Query, read: Callable[[], Answer]) -> Answer:
        """An answer about a query as it was read last, unless the catalogue has changed since."""
        state = self.listing_state()
        with self._lock:
            if self._depth:  # what a transaction writes may be undone
                return read()
            if self._answers_of != state:
                self._answers_of, self._answers = state, OrderedDict()
            if (kind, query) not in self._answers:
                self._answers[kind, query] = read()
                while len(self._answers) > _KEPT_ANSWERS:
                    self._answers.popitem(last=False)
            answer: Answer = self._answers[kind, query]
            return answer

    def _listed_ids(self, query: Query, offset: int, limit: int) -> tuple[str, ...]:
        terms = self.terms(query.text)
        condition, values = self._fitting(query, terms, self._least_in_list(query, terms, offset + limit))
        ranks, rank_values = self._ranks(query, terms) if query.order == "fit" else ([], [])
        down = " DESC" if query.is_descending else ""
        order = [*([f"{' + '.join(ranks)} DESC"] if ranks else [])]
        order += [f"{column}{down}" for column in (*_ORDERS[query.order], "number")]
        rows = self._rows(
            f"SELECT track_id FROM listing WHERE {condition} ORDER BY {', '.join(order)} LIMIT ? OFFSET ?",
            [*values, *rank_values, max(limit, 0), max(offset, 0)],
        )
        return tuple(row[0] for row in rows)

    def n_listed(self, query: Query = EVERYTHING) -> int:
        """How many tracks fit."""
        return self._kept("n", query, lambda: self._n_listed(query))

    def _n_listed(self, query: Query) -> int:
        condition, values = self._fitting(query, self.terms(query.text))
        return int(self._rows(f"SELECT count(*) FROM listing WHERE {condition}", values)[0][0])

    def all_fitting(self, text: str, words: Iterable[str] = ()) -> tuple[str, ...]:
        """Ids of all tracks that fit a text and words, in no order."""
        condition, values = self._fitting(Query(text, tuple(words)), self.terms(text))
        return tuple(row[0] for row in self._rows(f"SELECT track_id FROM listing WHERE {condition}", values))

    def n_fitting(self, text: str, words: Iterable[str] = ()) -> int:
        """How many tracks fit a text and words."""
        return self.n_listed(Query(text, tuple(words)))

    def n_by_term(self, text: str) -> tuple[tuple[Term, int], ...]:
        """How many tracks fit each term alone: what to say where none fits them all."""
        counted = []
        for term in self.terms(text):
            condition, values = self._fitting(EVERYTHING, [term])
            counted.append((term, int(self._rows(f"SELECT count(*) FROM listing WHERE {condition}", values)[0][0])))
        return tuple(counted)

    def known_part(self, text: str) -> tuple[str, tuple[str, ...]]:
        """Of a text that no track fits, what can be found, and what none fits, even alone: "jazz" and ("piano",).

        Nothing can be found ("") where what is left is a name alone, and not how something sounds.
        """
        counted = self.n_by_term(text)
        known = [term for term, n in counted if n]
        if len(known) == len(counted) or not any(term.word for term in known):
            return "", ()
        return " ".join(term.text for term in known), tuple(term.text for term, n in counted if not n)

    def _least_in_list(self, query: Query, terms: Sequence[Term], n: int) -> Mapping[str, float]:
        """Least probabilities that leave the first ``n`` of a list as they are, for words of which that can be said.

        Where one word is all that is asked for, what is only heard comes in the order of its probability, and an index
        tells how likely the last of ``n`` is: the others need not be ranked.
        """
        words = [*(term.word for term in terms), *query.words]
        is_one = len(words) == 1 and words[0] and (query.artist, query.album, query.genre) == (None, None, None)
        if not is_one or query.order != "fit":
            return {}
        likeliest = "SELECT probability FROM track_words WHERE word = ? ORDER BY probability DESC LIMIT 1 OFFSET ?"
        found = self._rows(likeliest, (words[0], max(n - 1, 0)))
        return {words[0]: found[0][0]} if found else {}

    def _fitting(
        self, query: Query, terms: Iterable[Term], least: Mapping[str, float] | None = None
    ) -> tuple[str, list[str | float]]:
        """The condition of a statement over ``listing``, and what it binds; ``least`` of words beside their own."""
        thresholds = dict(self.thresholds()) if query.words or any(term.word for term in terms) else {}
        for word, probability in (least or {}).items():
            thresholds[word] = max(thresholds.get(word, SURE), probability)
        has_word = "track_id IN (SELECT track_id FROM track_words WHERE word = ? AND probability >= ?)"
        conditions: list[str] = []
        values: list[str | float] = []
        if only_written := [token for term in terms if not term.word for token in term.tokens]:
            condition, patterns = _is_written(only_written)
            conditions.append(condition)
            values += patterns
        for term in terms:
            if term.word:
                condition, patterns = _is_written(term.tokens)
                conditions.append(f"({condition} OR {has_word})")
                values += [*patterns, term.word, thresholds.get(term.word, SURE)]
        for word in query.words:
            conditions.append(has_word)
            values += [word, thresholds.get(word, SURE)]
        for kind in ("artist", "album", "genre"):
            if (name := getattr(query, kind)) is not None:
                conditions.append(f"{kind} = ?")
                values.append(sort_key(name))
        return " AND ".join(conditions) or "1", values

    def _ranks(self, query: Query, terms: Iterable[Term]) -> tuple[list[str], list[str]]:
        """What a track's fit is the sum of, and what that binds; what is only written fits all tracks alike."""
        ranks: list[str] = []
        values: list[str] = []
        for term in [*(term for term in terms if term.word), *(Term((), word) for word in query.words)]:
            if term.tokens:
                is_written, patterns = _is_written(term.tokens)
                ranks.append(f"({is_written})")
                values += patterns
            ranks.append(
                "coalesce((SELECT probability FROM track_words AS heard"
                " WHERE heard.track_id = listing.track_id AND word = ?), 0)"
            )
            values.append(term.word)
        return ranks, values

    # ---- while somebody types -----------------------------------------------------------------------------

    def suggested_ids(self, text: str, limit: int) -> tuple[str, ...]:
        """Ids for :meth:`Catalogue.suggest`."""
        tokens = tokens_of(text)
        if not tokens:
            return self.listed_ids(Query(order="added", is_descending=True), 0, limit)
        wanted = searchable(text).strip()
        found: dict[str, tuple[str, str]] = {}
        for column in ("title", "artist"):  # an index begins with the name that is just this
            found |= self._looked_at(f"{column} BETWEEN ? AND ? ORDER BY {column}", [wanted, wanted + UNKNOWN])
        found |= self._looked_at(*_is_written(tokens))
        if not found and any(map(_is_spaced, tokens)):  # the others have been looked for inside of words already
            found = self._looked_at(*_is_within(tokens))
        ranked = sorted(found.items(), key=lambda item: (*_likeliness(wanted, *item[1]), item[0]))
        return tuple(track_id for track_id, _ in ranked[:limit])

    def _looked_at(self, condition: str, values: Sequence[str]) -> dict[str, tuple[str, str]]:
        query = f"SELECT track_id, title, artist FROM listing WHERE {condition} LIMIT {_LOOKED_AT}"
        return {track_id: (title, artist) for track_id, title, artist in self._rows(query, values)}

    def ids_of_song(self, title: Sequence[str], artists: Sequence[Sequence[str]], as_written: str) -> tuple[str, ...]:
        """Ids of tracks that may be a song: those of its title and artist, title, or artist; some hundreds of each.

        Parameters
        ----------
        title : sequence of str
            Words of its title.
        artists : sequence of sequence of str
            For each of its artists words of the name; one of them is the track's.
        as_written : str
            The whole title.
        """
        clauses = [f"title : ({_all_of(title)})"] if title else []
        if artists and all(artists):
            clauses.append(f"artist : ({' OR '.join(f'({_all_of(words)})' for words in artists)})")
        found = self._looked_at("title = ?", [sort_key(as_written)])
        for match in {" AND ".join(clauses), *clauses} - {""}:
            found |= self._looked_at(f"number IN ({_MATCHING})", [match])
        return tuple(found)

    def ids_of_codes(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Ids of the tracks that have one of some ISRCs (12 characters, no hyphens); looks at all tracks, once."""
        wanted = list(codes)
        marks = ", ".join("?" * len(wanted))
        written = "upper(replace(replace(isrc, '-', ''), ' ', ''))"
        rows = self._rows(f"SELECT track_id FROM tracks WHERE isrc != '' AND {written} IN ({marks})", wanted)
        return tuple(row[0] for row in rows)

    def names(self, kind: Kind, text: str = "", limit: int = 20) -> tuple[tuple[str, int], ...]:
        """Artists, albums or genres as tagged, each with its number of tracks: those that begin with ``text`` by name.

        After them come those in which each part of the text begins a word.
        """
        begin = searchable(text).strip()
        keys: list[str] = []
        with self.snapshot():
            last, is_more = begin, f"SELECT min({kind}) FROM listing WHERE {kind} > ?"
            if begin and self._rows(f"SELECT 1 FROM listing WHERE {kind} = ? LIMIT 1", (begin,)):
                keys.append(begin)
            while len(keys) < limit:  # from one name to the next in the index
                last = self._rows(is_more, (last,))[0][0]
                if last is None or last == UNKNOWN or not last.startswith(begin):
                    break
                keys.append(last)
            tokens = begin.split()
            if len(keys) < limit and tokens and all(map(_is_spaced, tokens)):
                match = f"{kind} : ({_all_of(tokens)})"
                few = f"SELECT {kind} FROM listing WHERE number IN ({_MATCHING}) LIMIT {10 * _LOOKED_AT}"
                keys += sorted({row[0] for row in self._rows(few, (match,))} - set(keys))
            return tuple(self._name(kind, key) for key in keys[:limit])

    def _name(self, kind: Kind, key: str) -> tuple[str, int]:
        n_tracks = self._rows(f"SELECT count(*) FROM listing WHERE {kind} = ?", (key,))[0][0]
        of_one = f"SELECT {kind} FROM tracks WHERE track_id = (SELECT track_id FROM listing WHERE {kind} = ? LIMIT 1)"
        return self._rows(of_one, (key,))[0][0].strip(), n_tracks

    def styles(self) -> dict[str, str]:
        """The genre of every track, without case and accents, by id; reads all of them."""
        return dict(self._rows("SELECT track_id, genre FROM listing"))

    def random_ids(self, n: int) -> list[str]:
        """At most ``n`` ids by lot, each once; all of them, in any order, where there are no more."""
        (last,) = self._rows("SELECT max(number) FROM listing")[0]
        if last is None or self.n_listed() <= _LOOKED_AT:
            ids = [row[0] for row in self._rows("SELECT track_id FROM listing")]
            return random.sample(ids, min(n, len(ids)))
        found: dict[str, None] = {}
        while len(found) < n:
            next_one = "SELECT track_id FROM listing WHERE number >= ? ORDER BY number LIMIT 1"
            found[self._rows(next_one, (random.randint(1, last),))[0][0]] = None
        return list(found)


_MATCHING = "SELECT rowid FROM written WHERE written MATCH ?"


def _is_spaced(token: str) -> bool:
    """Whether a token can be looked up by the beginnings of words: it has a letter or digit, and spaces part words."""
    return any(map(str.isalnum, token)) and not _UNSPACED.search(token)


def _phrase(token: str) -> str:
    """A token in the language of FTS5: words in a row, of which the last is begun."""
    return '"' + token.replace('"', " ").replace("\0", " ") + '" *'


def _all_of(tokens: Iterable[str]) -> str:
    return " AND ".join(map(_phrase, tokens))


def _is_written(tokens: Iterable[str]) -> tuple[str, list[str]]:
    """The condition that all tokens are written in the tags, and what it binds."""
    tokens = list(tokens)
    spaced = [token for token in tokens if _is_spaced(token)]
    conditions, values = [], []
    if spaced:
        conditions.append(f"number IN ({_MATCHING})")
        values.append(_all_of(spaced))
    if others := [token for token in tokens if token not in spaced]:
        condition, patterns = _is_within(others)
        conditions.append(condition)
        values += patterns
    return " AND ".join(conditions), values


def _is_within(tokens: Sequence[str]) -> tuple[str, list[str]]:
    """The condition that all tokens stand anywhere in the tags, also inside a word; reads every row."""
    condition = " AND ".join([f"{_ANYWHERE} LIKE ? ESCAPE '\\'"] * len(tokens))
    return condition, ["%" + re.sub(r"([\\%_])", r"\\\1", token) + "%" for token in tokens]


def _likeliness(wanted: str, title: str, artist: str) -> tuple[bool, bool, bool, bool, int]:
    """The less, the likelier this is what was meant."""
    is_title, is_artist = title.startswith(wanted), artist.startswith(wanted)
    return title != wanted, artist != wanted, not is_title, not is_artist, len(title)
