"""What a listener does on Spotify: find songs, match tracks, take a playlist along."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from synesthete.errors import OptionError, PlaylistError, SpotifyError
from synesthete.playlists.matching import SURE, Candidate, Song, choose, has_artist_in_another_script
from synesthete.playlists.names import query_words, scripts
from synesthete.playlists.playlist import isrc_of, one_line
from synesthete.playlists.spotify import SpotifyConnection
from synesthete.playlists.spotify_account import SpotifyConfig, TokenStore
from synesthete.playlists.spotify_answers import Patience, Refusal, link_of, songs_of, text_of
from synesthete.tracks import Track

SEARCH_PAGE = 10  # what apps in development mode get at most since February 2026
QUERY_LENGTH = 100  # longer queries have been refused
ITEMS_AT_ONCE = 100
NAME_LENGTH, DESCRIPTION_LENGTH = 100, 300
_TRACK_URI = re.compile(r"spotify:track:[0-9A-Za-z]+")


@dataclass(frozen=True)
class Profile:
    """The connected account: its id, and its name as it may be shown."""

    user_id: str
    name: str


@dataclass(frozen=True)
class CreatedPlaylist:
    """A playlist that exists on Spotify, with the number of tracks known to be in it."""

    playlist_id: str
    name: str
    link: str
    n_added: int
    is_public: bool


class UnfinishedPlaylistError(SpotifyError):
    """The playlist exists, but not every track is in it.

    Attributes
    ----------
    playlist : CreatedPlaylist
        What exists.
    missing : tuple of str
        The URIs not known to be in it, for :meth:`SpotifySession.add_to_playlist`. If ``is_undecided``, the
        first hundred of them may be in it all the same.
    """

    def __init__(self, message: str, playlist: CreatedPlaylist, missing: tuple[str, ...]) -> None:
        super().__init__(message)
        self.playlist = playlist
        self.missing = missing


class SpotifySession(SpotifyConnection):
    """One listener's Spotify; keep it, with its token store, in that listener's browser session.

    Every method that talks to Spotify raises SpotifyError with one sentence for the listener, and waits at
    most ``config.longest_wait_seconds`` in all when Spotify asks to come back later.
    """

    def __init__(self, config: SpotifyConfig, store: TokenStore) -> None:
        super().__init__(config, store)
        self._found: dict[tuple[str, int], list[Song]] = {}  # so that a second try does not ask again

    def me(self) -> Profile:
        """Whose account is connected."""

        def call() -> Profile:
            answer = self._client.me()
            user_id = text_of(answer, "id")
            return Profile(user_id, one_line(str(answer.get("display_name") or user_id)))

        return self._ask("say whose account this is", self._patience(), call)

    # ---- finding ------------------------------------------------------------------------------------------

    def search_song(self, text: str, limit: int = 10) -> tuple[Song, ...]:
        """Songs by name, likeliest first: metadata only, Spotify gives no sound.

        Raises
        ------
        OptionError
            The text is empty.
        """
        query = _words(text, QUERY_LENGTH)
        if not query:
            raise OptionError(f"There is nothing to search for in {text!r}. Type a title, or artist and title.")
        patience = self._patience()
        songs: list[Song] = []
        while len(songs) < limit:
            page = self._search(query, patience, offset=len(songs))
            songs += page
            if len(page) < SEARCH_PAGE:
                break
        return tuple(songs[:limit])

    def match_tracks(
        self, tracks: Sequence[Track], on_progress: Callable[[int, int], None] | None = None
    ) -> list[Candidate]:
        """Find each track on Spotify: by ISRC, else by artist and title.

        If Spotify stops answering on the way, call again: what was found is remembered.

        Parameters
        ----------
        tracks : sequence of Track
        on_progress : callable or None
            Called with (number done, number in all) after each track.

        Returns
        -------
        list of Candidate, one per track in the same order
        """
        patience = self._patience()
        candidates = []
        for n_done, track in enumerate(tracks, start=1):
            candidates.append(self._match(track, patience))
            if on_progress:
                on_progress(n_done, len(tracks))
        return candidates

    def _match(self, track: Track, patience: Patience) -> Candidate:
        isrc = isrc_of(track)
        by_isrc = self._search(f"isrc:{isrc}", patience) if isrc else []
        candidate = choose(track, by_isrc, [])
        by_name: list[Song] = []
        queries = _queries(track)
        while queries and candidate.confidence < SURE:
            by_name += self._search(queries.pop(0), patience)
            candidate = choose(track, by_isrc, by_name)
        is_artist_unknown = not by_name or not scripts(track.artist) <= {"LATIN"}
        if track.artist and candidate.song is None and is_artist_unknown:  # there in another script, perhaps
            for query in _queries(replace(track, artist="")):
                found = self._search(query, patience)
                by_name += [song for song in found if has_artist_in_another_script(track, song)]
            candidate = choose(track, by_isrc, by_name)
        return candidate

    def _search(self, query: str, patience: Patience, offset: int = 0) -> list[Song]:
        def call() -> list[Song]:
            return songs_of(self._client.search(query, limit=SEARCH_PAGE, offset=offset, type="track"))

        if (query, offset) not in self._found:
            self._found[query, offset] = self._ask("search for songs", patience, call)
        return self._found[query, offset]

    # ---- playlists ----------------------------------------------------------------------------------------

    def create_playlist(
        self, name: str, uris: Iterable[str], *, is_public: bool = False, description: str = ""
    ) -> CreatedPlaylist:
        """Create a playlist in the listener's account and fill it, in the order of ``uris``.

        Raises
        ------
        PlaylistError
            No URI, or one that is no ``spotify:track:…``; nothing was created.
        OptionError
            Public, although ``config.is_public_allowed`` is not set.
        UnfinishedPlaylistError
            The playlist exists, but a part of the tracks is missing; the error says which and has the link.
        SpotifyError
            No playlist was created; where that is not certain, the message says so.
        """
        wanted = _track_uris(uris)
        if is_public and not self.config.is_public_allowed:
            raise OptionError("Public playlists were not asked for: set is_public_allowed and connect again.")
        title = one_line(name)[:NAME_LENGTH] or "Synesthete"
        about = one_line(description)[:DESCRIPTION_LENGTH]

        def call() -> CreatedPlaylist:
            answer = self._client.current_user_playlist_create(title, public=is_public, description=about)
            playlist_id = text_of(answer, "id")
            if not re.fullmatch("[0-9A-Za-z]+", playlist_id):
                raise Refusal(200, "")
            link = link_of(answer) or f"https://open.spotify.com/playlist/{playlist_id}"
            return CreatedPlaylist(playlist_id, title, link, 0, is_public)

        try:
            created = self._ask("create the playlist", self._patience(), call, is_repeatable=False)
        except SpotifyError as error:
            if not error.is_undecided:
                raise
            hint = "It may exist without tracks: look in Spotify before you try again."
            raise SpotifyError(f"{error} {hint}") from None
        return self.add_to_playlist(created, wanted)

    def add_to_playlist(self, playlist: CreatedPlaylist, uris: Iterable[str]) -> CreatedPlaylist:
        """Append tracks, a hundred at a time; UnfinishedPlaylistError tells what is in it if that fails."""
        wanted = _track_uris(uris)
        patience = self._patience()
        n_before = playlist.n_added
        for first in range(0, len(wanted), ITEMS_AT_ONCE):
            batch = wanted[first : first + ITEMS_AT_ONCE]
            try:
                self._add(playlist.playlist_id, batch, patience)
            except SpotifyError as error:
                raise _unfinished(error, playlist, wanted[first:], n_before + len(wanted)) from None
            playlist = replace(playlist, n_added=playlist.n_added + len(batch))
        return playlist

    def _add(self, playlist_id: str, batch: tuple[str, ...], patience: Patience) -> None:
        def call() -> str:
            return text_of(self._client.playlist_add_items(playlist_id, list(batch)), "snapshot_id")

        self._ask("add the tracks", patience, call, is_repeatable=False)


def _unfinished(
    error: SpotifyError, playlist: CreatedPlaylist, missing: tuple[str, ...], n_wanted: int
) -> UnfinishedPlaylistError:
    n_added = playlist.n_added
    if error.is_undecided:
        last = min(n_added + ITEMS_AT_ONCE, n_wanted)
        rest = f"Tracks {n_added + 1} to {last} may or may not be in it"
        rest += f"; those after are not. {error}" if last < n_wanted else f". {error}"
    else:
        rest = f"The other {n_wanted - n_added} are not. {error}"
    message = f"The playlist {playlist.name!r} exists with {n_added} of {n_wanted} tracks: {playlist.link} {rest}"
    problem = UnfinishedPlaylistError(message, playlist, missing)
    problem.is_undecided = error.is_undecided
    return problem


def _track_uris(uris: Iterable[str]) -> tuple[str, ...]:
    wanted = tuple(uris)
    if not wanted:
        raise PlaylistError("There is no track to send to Spotify: confirm at least one match.")
    for uri in wanted:
        if not _TRACK_URI.fullmatch(uri):
            raise PlaylistError(f"{uri!r} is not a Spotify track. Use the uri of a Candidate.")
    return wanted


def _queries(track: Track) -> list[str]:
    """Searches to try in turn: by field, then free; few, for development apps have a small quota."""
    title, artist = (query_words(one_line(name)) for name in (track.title, track.artist))
    words, by = _words(title, 60), _words(artist, 25)
    if not words:  # nothing, or nothing but signs that Spotify reads as operators
        return [f"{by} {title[:60]}".strip()] if title else []
    return [f"track:{words} artist:{by}", f"{by} {words}"] if by else [words]


def _words(text: str, length: int) -> str:
    """Search words without the signs and capitals that Spotify reads as operators, cut at a word."""
    words = re.sub(r"[:\"*()\[\]]", " ", one_line(text)).casefold().split()
    line = " ".join(words)[: length + 1]
    return line if len(line) <= length else (line[:length].rpartition(" ")[0] or line[:length])
