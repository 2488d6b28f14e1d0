"""Who may have this server read its own folders, and which.

``SYNESTHETE_OWNER`` says it when the app is started, or ``owner`` in ``.streamlit/secrets.toml``; without either nobody
may. ``local`` is whoever opens the page on the computer that serves it (``make run``), ``everyone`` every visitor,
anything else a list of e-mail addresses, one of which ``st.login`` has to have verified. In the secrets only addresses
count.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs
import streamlit as st
from streamlit.errors import StreamlitAuthError

from synesthete.errors import OptionError
from synesthete.settings import Paths

LOCAL, EVERYONE = "local", "everyone"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_OF_PROXIES = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def is_owner() -> bool:
    """Whether this visitor may add the server's folders, and remove from its catalogues."""
    setting = _setting()
    if setting in (LOCAL, EVERYONE):
        return setting == EVERYONE or _is_at_this_computer()
    return _email() in _addresses()


def may_sign_in() -> bool:
    """Whether signing in, as somebody else perhaps, could make this visitor the owner."""
    return bool(_addresses()) and not is_owner()


def signed_in_as() -> str:
    """The address, verified or not, with which this visitor is signed in; empty where nobody is."""
    claims = st.user.to_dict()
    return str(claims.get("email") or "somebody") if claims.get("is_logged_in") is True else ""


def why_no_sign_in() -> str:
    """What this server lacks for :func:`sign_in`, as a sentence; empty if nothing."""
    if not _secret("auth"):
        return "no provider is set up: .streamlit/secrets.toml lacks its section [auth]"
    if importlib.util.find_spec("authlib") is None:
        return "the package Authlib is missing: pip install Authlib"
    return ""


def sign_in() -> None:
    """Send the visitor to the provider of the secrets, the first where several are named.

    Raises
    ------
    OptionError
        Its settings cannot be used.
    """
    auth = _secret("auth") or {}
    named = [name for name, value in auth.items() if isinstance(value, Mapping)]
    try:
        st.login(None if "client_id" in auth or not named else named[0])
    except StreamlitAuthError as error:
        raise OptionError(f"The sign-in of .streamlit/secrets.toml cannot be used: {error}") from error


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
    setting = _setting()
    if not setting:
        named = _secret("owner") or ()
        setting = ",".join([named] if isinstance(named, str) else map(str, named)).casefold()
    return {part.strip() for part in setting.split(",") if "@" in part}


def _secret(name: str) -> Any:
    """What stands in the secrets of this server; None where it does not."""
    return st.secrets.get(name) if st.secrets.load_if_toml_exists() else None


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
