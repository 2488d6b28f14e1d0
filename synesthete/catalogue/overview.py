"""What a catalogue holds, in figures: hours, artists, styles, years, lengths, how well it is tagged."""

from __future__ import annotations

from dataclasses import dataclass

from synesthete.catalogue.words import WordStore

MOST_STYLES = 8
LENGTHS = ((0, 120, "under 2"), (120, 240, "2 to 4"), (240, 360, "4 to 6"), (360, 600, "6 to 10"), (600, 1e12, "over 10"))


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


class OverviewStore(WordStore):
    """The figures of a catalogue."""

    def overview(self) -> Overview:
        """Count everything; reads all tracks."""
        with self.snapshot():
            n_tracks, seconds, *without = self._rows(
                "SELECT count(*), total(seconds), total(path = ''), total(artist = ''), total(genre = ''),"
                " total(year = 0) FROM tracks"
            )[0]
            names = [self._rows(query)[0][0] for query in _N_NAMES]
            styles = self._rows(
                "SELECT min(genre), count(*) AS n FROM tracks WHERE genre != '' GROUP BY genre COLLATE NOCASE"
                " ORDER BY n DESC, 1 LIMIT ?",
                (MOST_STYLES,),
            )
            decades = self._rows(
                "SELECT year / 10 * 10, count(*) FROM tracks WHERE year > 0 GROUP BY 1 ORDER BY 1"
            )
            counts = ", ".join("total(seconds >= ? AND seconds < ?)" for _ in LENGTHS)
            bounds = [bound for low, high, _ in LENGTHS for bound in (low, high)]
            lengths = self._rows(f"SELECT {counts} FROM tracks", bounds)[0]
        return Overview(
            n_tracks, *names, seconds, *map(int, without), tuple(styles), tuple(decades),
            tuple((name, int(n)) for (_, _, name), n in zip(LENGTHS, lengths, strict=True)),
        )  # fmt: skip


_N_NAMES = (
    "SELECT count(DISTINCT artist COLLATE NOCASE) FROM tracks WHERE artist != ''",
    "SELECT count(*) FROM (SELECT DISTINCT album COLLATE NOCASE,"
    " coalesce(nullif(album_artist, ''), artist) COLLATE NOCASE FROM tracks WHERE album != '')",
    "SELECT count(DISTINCT genre COLLATE NOCASE) FROM tracks WHERE genre != ''",
)
