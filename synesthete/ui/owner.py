"""Who may have this server read its own folders, and which.

``SYNESTHETE_OWNER`` says it when the app is started; without it nobody may. ``local`` is whoever opens the page on the
computer that serves it (``make run``), ``everyone`` every visitor, anything else a list of e-mail addresses, one of
which ``st.login`` has to have verified.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs
import streamlit as st

from synesthete.settings import Paths

LOCAL, EVERYONE = "local", "everyone"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_OF_PROXIES = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def is_owner() -> bool:
    """Whether this visitor may add the server's folders, and remove from its catalogues."""
    setting = _setting()
    if setting in ("", LOCAL, EVERYONE):
        return setting == EVERYONE or (setting == LOCAL and _is_at_this_computer())
    return _email() in _addresses()


def may_sign_in() -> bool:
    """Whether signing in could make this visitor the owner."""
    is_by_email = _setting() not in ("", LOCAL, EVERYONE)
    return is_by_email and not _email() and st.secrets.load_if_toml_exists() and "auth" in st.secrets


def roots() -> tuple[Path, ...]:
    """The folders below which the owner may choose, links followed; those that are not there are left out.

    ``SYNESTHETE_MUSIC`` names them. Where it does not, the owner of this very computer gets its music folder, or the
    home folder if there is none.
    """
    named = Paths().music_roots
    if not named and _setting() == LOCAL:
        music = Path(platformdirs.user_music_dir())
        named = (music if music.is_dir() else Path.home(),)
    return tuple(dict.fromkeys(root.resolve() for root in named if root.is_dir()))


def root_of(place: Path) -> Path | None:
    """The root that a folder or file lies in, all links followed; None if it is not there, or outside of them."""
    try:
        real = place.resolve(strict=True)
    except (OSError, ValueError, RuntimeError):  # gone; a NUL character; links in a circle
        return None
    return next((root for root in roots() if real.is_relative_to(root)), None)


def _setting() -> str:
    return os.environ.get("SYNESTHETE_OWNER", "").strip().casefold()


def _addresses() -> set[str]:
    return {part.strip() for part in _setting().split(",") if "@" in part}


def _email() -> str:
    """The address that a sign-in has verified; empty where nobody has signed in."""
    claims = st.user.to_dict()
    is_verified = claims.get("is_logged_in") is True and claims.get("email_verified") is True
    return str(claims.get("email", "")).strip().casefold() if is_verified else ""


def _is_at_this_computer() -> bool:
    """Whether the server listens to this computer alone, and no proxy stands before it."""
    headers = {name.lower(): value for name, value in st.context.headers.to_dict().items()}
    if st.get_option("server.address") not in _LOOPBACK or any(name in headers for name in _OF_PROXIES):
        return False
    asked = (f"//{headers.get('host', '')}", headers.get("origin", ""))
    return all(_host(address) in _LOOPBACK for address in asked)


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
