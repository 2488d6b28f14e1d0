"""What a catalogue holds, in figures: hours, artists, styles, years, lengths, how well it is tagged."""

from __future__ import annotations

from dataclasses import dataclass

from synesthete.catalogue.listing import ListingStore
from synesthete.catalogue.schema import UNKNOWN

MOST_STYLES = 8
LENGTHS = (
    (0, 120, "under 2"),
    (120, 240, "2 to 4"),
    (240, 360, "4 to 6"),
    (360, 600, "6 to 10"),
    (600, 1e12, "over 10"),
)


@dataclass(frozen=True)
class Overview:
    """Figures of a catalogue.

    Attributes
    ----------
    n_tracks, n_artists, n_albums, n_styles : int
        Names count once, whatever their case; the same album title by two artists is two albums.
    seconds : float [s]
        Of all tracks together.
    n_without_audio, n_without_artist, n_without_style, n_without_year : int
    styles : tuple of (str, int)
        The commonest, with how many tracks each has, most first.
    decades : tuple of (int, int)
        First year of each, with how many tracks; in order.
    lengths : tuple of (str, int)
        In minutes: ``("2 to 4", 17)``.
    """

    n_tracks: int
    n_artists: int
    n_albums: int
    n_styles: int
    seconds: float
    n_without_audio: int
    n_without_artist: int
    n_without_style: int
    n_without_year: int
    styles: tuple[tuple[str, int], ...]
    decades: tuple[tuple[int, int], ...]
    lengths: tuple[tuple[str, int], ...]


class OverviewStore(ListingStore):
    """The figures of a catalogue."""

    def overview(self) -> Overview:
        """Count everything; reads all tracks."""
        with self.snapshot():
            n_tracks, seconds, no_audio, no_artist, no_style, no_year = self._rows(
                "SELECT count(*), total(seconds), total(path = ''), total(artist = ''), total(genre = ''),"
                " total(year = 0) FROM tracks"
            )[0]
            n_artists, n_albums, n_styles = (self._rows(query, (UNKNOWN,))[0][0] for query in _N_NAMES)
            styles = self._rows(
                "SELECT genre, count(*) AS n FROM listing WHERE genre != ? GROUP BY genre"
                " ORDER BY n DESC, genre LIMIT ?",
                (UNKNOWN, MOST_STYLES),
            )
            as_tagged = [(self._name("genre", key)[0], n) for key, n in styles]
            decades = self._rows("SELECT year / 10 * 10, count(*) FROM listing WHERE year > 0 GROUP BY 1 ORDER BY 1")
            sums = ", ".join("total(seconds >= ? AND seconds < ?)" for _ in LENGTHS)
            bounds = [bound for low, high, _ in LENGTHS for bound in (low, high)]
            lengths = self._rows(f"SELECT {sums} FROM listing", bounds)[0]
        named = tuple((name, int(n)) for (_, _, name), n in zip(LENGTHS, lengths, strict=True))
        named = tuple((name, int(n)) for (_, _, name), n in zip(LENGTHS, lengths, strict=True))
        counts = (n_tracks, n_artists, n_albums, n_styles)
        without = (int(no_audio), int(no_artist), int(no_style), int(no_year))
        return Overview(*counts, seconds, *without, tuple(as_tagged), tuple(decades), named)


_N_NAMES = (
    "SELECT count(DISTINCT artist) FROM listing WHERE artist != ?",
    "SELECT count(*) FROM (SELECT DISTINCT album, CASE album_artist WHEN ?1 THEN artist ELSE album_artist END"
    " FROM listing WHERE album != ?1)",
    "SELECT count(DISTINCT genre) FROM listing WHERE genre != ?",
)
