"""The server of the pages: Streamlit's, with addresses of our own (audio, covers, live), awake before anyone comes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from synesthete.ui import live_route, media, warming


@asynccontextmanager
async def _awake(_: object) -> AsyncIterator[None]:
    warming.begin()
    yield


def parts() -> dict[str, Any]:
    """What ``st.App`` is made with beside the page that it shows first."""
    return {"lifespan": _awake, "routes": [*media.routes(), *live_route.routes()]}
