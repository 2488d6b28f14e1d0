"""Where the browser asks, several times a second, what is heard: an address for each listener.

The picture goes this way rather than through runs of the page: a few hundred bytes an answer, no run of a script. An
answer holds nothing that a page shows as text, and its address cannot be guessed. With each question the browser says
whether its player sounds.
"""

from __future__ import annotations

import base64
import secrets
from weakref import WeakKeyDictionary, WeakValueDictionary

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from synesthete.live import Listener
from synesthete.ui import media

_PLACE = "live"
_listeners: WeakValueDictionary[str, Listener] = WeakValueDictionary()
_tokens: WeakKeyDictionary[Listener, str] = WeakKeyDictionary()


def routes() -> list[Route]:
    """The server's own route for what is heard."""
    return [Route(f"{media.base()}/{_PLACE}/{{token}}", _answer)]


def address_of(listener: Listener) -> str:
    """Below the app's own; it holds as long as the listener is there."""
    token = _tokens.setdefault(listener, secrets.token_urlsafe(16))
    _listeners[token] = listener
    return f"/{_PLACE}/{token}"


async def _answer(request: Request) -> Response:
    listener = _listeners.get(request.path_params["token"])
    if listener is None:
        return Response("Nobody listens here any more.", status_code=404)
    listener.hold(request.query_params.get("plays") == "1")  # what the page itself plays is not listened to
    since = request.query_params.get("since", "")
    columns = listener.columns(int(since) if since.isdecimal() and len(since) < 12 else 0)
    heard = {
        "first": columns.first,
        "kept": columns.n_kept,
        "columns": base64.b64encode(columns.data).decode(),
        "level": round(listener.level_dbfs, 1),
        "status": listener.status,
        "revision": listener.now().revision,
    }
    return JSONResponse(heard, headers={"Cache-Control": "no-store"})
