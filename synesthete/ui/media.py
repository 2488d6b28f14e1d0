"""Where the browser finds the audio of a track and its cover: at addresses of this server, audio in ranges.

An address names no path. It is given out for one file at a time, and holds until the server ends, so that what plays
goes on when the listener changes the page.
"""

from __future__ import annotations

import mimetypes
import secrets
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from streamlit.runtime import get_instance

from synesthete.ui.covers import cover_of_file
from synesthete.ui.initials import picture_of

_SOUND, _COVER = "sound", "cover"
_MOST = 100_000  # addresses kept; the oldest go first
_TYPES = {".m4a": "audio/mp4", ".m4b": "audio/mp4", ".flac": "audio/flac", ".opus": "audio/ogg", ".wav": "audio/wav"}
_is_served = False
_tokens: dict[Path, str] = {}
_paths: dict[str, Path] = {}
_names: dict[str, tuple[str, str]] = {}


def routes() -> list[Route]:
    """The server's own route for audio; without it, sounds go through Streamlit's store, which holds them in memory."""
    global _is_served
    _is_served = True
    return [
        Route(f"{base()}/{_SOUND}/{{token}}", _send_sound, methods=["GET", "HEAD"]),
        Route(f"{base()}/{_COVER}/{{token}}", _send_cover),
    ]


def address_of(source: Path | bytes, place: str, mime: str = "") -> str:
    """The address of a file, or of a sound in memory, below the app's own.

    Parameters
    ----------
    source : Path or bytes
    place : str
        Where on the page a sound in memory is played: another one there takes its place.
    mime : str
        Of a sound in memory.
    """
    if isinstance(source, bytes):
        return _in_store(source, mime or "audio/wav", place)
    return f"/{_SOUND}/{_token(source)}" if _is_served else _in_store(str(source), _mime_of(source), place)


def cover_address_of(path: Path, name: str = "", by: str = "") -> str:
    """The address of a file's cover, which is looked for when the browser asks; empty where this server has no route.

    A page of matches does not wait for ten files to be searched for pictures.

    Parameters
    ----------
    path : Path
    name, by : str
        Of the track and its artist: their letters stand in where there is no cover.
    """
    if not _is_served:
        return ""
    token = _token(path)
    _names[token] = (name, by)
    return f"/{_COVER}/{token}"


def _token(path: Path) -> str:
    token = _tokens.get(path)
    if token is None:
        while len(_tokens) >= _MOST:
            oldest = _tokens.pop(next(iter(_tokens)))
            _paths.pop(oldest, None)
            _names.pop(oldest, None)
        token = _tokens.setdefault(path, secrets.token_urlsafe(12))
        _paths[token] = path
    return token


def _in_store(source: str | bytes, mime: str, place: str) -> str:
    """Streamlit's store of media files, the one ``st.audio`` uses: there is no documented way to an address in it."""
    return str(get_instance().media_file_mgr.add(source, mime, place))


async def _send_sound(request: Request) -> Response:
    path = _paths.get(request.path_params["token"])
    try:
        if path is not None:
            with path.open("rb"):  # gone, or not to be read: said before the answer has begun
                return FileResponse(path, media_type=_mime_of(path), headers={"X-Content-Type-Options": "nosniff"})
    except OSError:
        pass
    return PlainTextResponse("No such sound.", status_code=404)


async def _send_cover(request: Request) -> Response:
    token = request.path_params["token"]
    path = _paths.get(token)
    picture = await run_in_threadpool(cover_of_file, path) if path is not None else b""
    kind = "image/jpeg" if picture else "image/svg+xml"
    return Response(
        picture or picture_of(*_names.get(token, ("", ""))),
        media_type=kind,
        headers={"Cache-Control": "private, max-age=3600"},
    )


def _mime_of(path: Path) -> str:
    return _TYPES.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0] or "audio/mpeg"


def base() -> str:
    """The path below which the app is mounted; empty at the root."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""
