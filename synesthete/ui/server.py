"""The server of the pages: Streamlit's, with addresses of our own (audio, covers, live), awake before anyone comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.middleware import Middleware

from synesthete.ui import freed, liked, live_route, media, visits, warming


@asynccontextmanager
async def _awake(_: object) -> AsyncIterator[None]:
    warming.begin()
    giving_back = asyncio.create_task(freed.keep_giving_back())
    yield
    giving_back.cancel()


def parts() -> dict[str, Any]:
    """What ``st.App`` is made with beside the page that it shows first."""
    return {
        "lifespan": _awake,
        "routes": [*media.routes(), *liked.routes(), *live_route.routes()],
        "middleware": [Middleware(visits.Cookie)],
    }
