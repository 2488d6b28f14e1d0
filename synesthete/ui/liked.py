"""The tracks that a visitor likes: told by the hearts of all pages in a request of their own, and asked for here.

A heart runs no page anew, and what plays goes on; the player, which belongs to no page, can have one.
"""

from __future__ import annotations

import json
from itertools import islice

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from synesthete.catalogue import Catalogue
from synesthete.ui import address, media, visits

_MOST_BYTES = 200  # of a request


def routes() -> list[Route]:
    """The address that hearts ask and tell."""
    return [Route(f"{media.base()}/liked", _answer, methods=["GET", "POST"])]


def of(catalogue: Catalogue, most: int = visits.MOST_LIKED) -> list[str]:
    """Ids of the tracks of a catalogue that this visitor likes, the newest ``most`` of them, the newest last."""
    at_once = tuple(visits.mine().liked)  # hearts come in meanwhile
    newest = (track_id for track_id in reversed(at_once) if track_id in catalogue)
    return list(islice(newest, most))[::-1]


def like(track_id: str, is_liked: bool = True) -> None:
    """Like a track, or no longer."""
    visits.all_visits.like(visits.mark(), track_id, is_liked)


async def _answer(request: Request) -> JSONResponse:
    """What is liked; nothing where the browser takes no cookies, so that it shows no hearts."""
    mark = visits.mark_in(request.scope)
    if not mark:
        return JSONResponse({"liked": None})
    if request.method == "POST":
        said = await _said(request)
        if said is None:
            return JSONResponse({"problem": "Send a track and whether it is liked, as JSON."}, status_code=400)
        return JSONResponse({"liked": visits.all_visits.like(mark, *said)})
    return JSONResponse({"liked": list(visits.all_visits.of(mark).liked)})


async def _said(request: Request) -> tuple[str, bool] | None:
    """The track and whether it is liked; None for anything else. Another site's form cannot send JSON."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            return None
    try:
        said = json.loads(body) if request.headers.get("content-type") == "application/json" else None
    except ValueError:
        return None
    if not isinstance(said, dict):
        return None
    track_id, is_liked = said.get("track"), said.get("isLiked")
    if isinstance(track_id, str) and address.is_track_id(track_id) and isinstance(is_liked, bool):
        return track_id, is_liked
    return None
