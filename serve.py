"""The server: ``streamlit run serve.py`` shows app.py, hands out audio, and wakes the encoders before anyone comes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st

from synesthete.ui import media, warming


@asynccontextmanager
async def _awake(_: st.App) -> AsyncIterator[None]:
    warming.begin()
    yield


app = st.App("app.py", lifespan=_awake, routes=media.routes())
