"""The browser's microphone, by WebRTC: blocks of samples as they are heard. The only place that knows streamlit-webrtc.

streamlit-webrtc carries the sound. Its own buttons and messages are not shown: ``assets/microphone.js`` asks for the
microphone first, so that what stands in the way is said in our words, and before anything is sent.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aioice.ice
import av
import numpy as np
import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from synesthete.live.ice_servers import VARIABLE, ice_servers
from synesthete.ui import state

# aioice asks the browser every five seconds whether it still agrees, waits half a second, and hangs up after six such
# questions without an answer: on a busy machine amid the sound. That a browser has gone is seen by its sound.
aioice.ice.CONSENT_FAILURES = 60
_ASSETS = Path(__file__).parent / "assets"
_mount = st.components.v2.component(
    "synesthete_microphone",
    html="<div></div>",
    js=(_ASSETS / "microphone.js").read_text(encoding="utf-8"),
)
# As it is: what browsers do for speech takes music for noise.
_SOUND = {"echoCancellation": False, "noiseSuppression": False, "autoGainControl": False}
_REFUSED = "NotAllowedError"
INSECURE, GONE, UNREACHED, SILENCED, ENDED = "insecure", "gone", "unreached", "silenced", "ended"
# By the names that browsers give to what went wrong, and by ours.
TROUBLES = {
    _REFUSED: "The browser does not let this page use the microphone. Allow it, by the sign beside the address, and "
    "press Start once more.",
    "NotFoundError": "No microphone was found. Connect one and press Start once more.",
    "NotReadableError": "The microphone cannot be opened: another program may be using it, or another tab. Close that "
    "and press Start once more.",
    INSECURE: "Browsers open the microphone only for addresses that begin with https, or for this very computer "
    "(localhost).",
    GONE: "The microphone is gone: it was disconnected. Connect it and press Start once more.",
    UNREACHED: "The sound does not reach the server: something between it and your browser lets no calls through. Who "
    "runs the server can name a way round (STUN and TURN, see the README).",
    SILENCED: "Nothing comes from the microphone any more. It may be in use in another tab or program. It is tried "
    "again by itself; or press Stop and Start.",
    ENDED: "The connection to the microphone has ended. Press Start to go on.",
}
_ALIASES = {
    "SecurityError": _REFUSED,
    "PermissionDeniedError": _REFUSED,
    "OverconstrainedError": "NotFoundError",
    "DevicesNotFoundError": "NotFoundError",
    "TrackStartError": "NotReadableError",
}
_ELSE = "NotReadableError"


@dataclass(frozen=True)
class Heard:
    """What the browser says of its microphone.

    Attributes
    ----------
    is_granted : bool
        It may be used, and sound is on its way.
    trouble : str
        A key of :data:`TROUBLES`; empty where nothing stands in the way.
    is_elsewhere : bool
        Another tab of this browser is listening too.
    """

    is_granted: bool = False
    trouble: str = ""
    is_elsewhere: bool = False


def listen(
    number: int, is_wanted: bool, on_sound: Callable[[np.ndarray, int], None], on_end: Callable[[], None]
) -> Heard:
    """Have the browser send what its microphone hears, while it is wanted.

    Parameters
    ----------
    number : int
        Counts the starts: each asks the browser anew.
    is_wanted : bool
    on_sound : callable(block : np.ndarray [n_samples, n_channels] int16, sample_rate_hz : int)
        Called in the server's own thread: it must return at once.
    on_end : callable
        Called there when the sound of this start has ended, for whatever reason.

    Raises
    ------
    OptionError
        The configured STUN and TURN servers cannot be read.
    """
    from streamlit_webrtc import WebRtcMode, create_audio_sink_track, webrtc_streamer

    servers = ice_servers(_configured())
    _mount(
        key=state.MICROPHONE,
        data={"number": number, "isWanted": is_wanted},
        on_said_change=lambda: None,
    )
    heard = _said(number) if is_wanted else Heard()
    webrtc_streamer(
        key=state.MICROPHONE_STREAM,
        mode=WebRtcMode.SENDONLY,
        rtc_configuration={"iceServers": servers},
        media_stream_constraints={"audio": _SOUND, "video": False},
        desired_playing_state=heard.is_granted,
        sink_audio_track=create_audio_sink_track(
            lambda frame: on_sound(block_of(frame), frame.sample_rate), f"live-{number}", on_ended=on_end
        ),
        media_toggle_controls=False,
    )
    return heard


def _said(number: int) -> Heard:
    """The last word of the browser on this start; what it sent is believed only where it is one of ours."""
    told = (st.session_state.get(state.MICROPHONE) or {}).get("said")
    if isinstance(told, dict) and told.get("number") == number:
        name = str(told.get("trouble") or "")
        trouble = name if name in TROUBLES or not name else _ALIASES.get(name, _ELSE)
        heard = Heard(not trouble, trouble, told.get("isElsewhere") is True)
        st.session_state[state.MICROPHONE_SAID] = number, heard
    of_start, heard = st.session_state.get(state.MICROPHONE_SAID, (0, Heard()))
    return heard if of_start == number else Heard()


def block_of(frame: av.AudioFrame) -> np.ndarray:
    """A frame's samples: np.ndarray [shape=(n_samples, n_channels)], int16."""
    samples: np.ndarray = frame.to_ndarray()
    n_channels = len(frame.layout.channels)
    samples = samples.T if frame.format.is_planar else samples.reshape(-1, n_channels)
    if samples.dtype.kind == "f":
        samples = np.round(np.clip(samples, -1, 1) * 32767)
    return np.ascontiguousarray(samples, dtype=np.int16)


def is_secure(address: str) -> bool:
    """Whether browsers open the microphone for a page of this address; True where it is not known."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme != "http" or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _configured() -> object:
    """The servers as configured: in the environment, or else as ``ice_servers`` in Streamlit's secrets."""
    configured = os.environ.get(VARIABLE)
    if configured is None:
        try:
            configured = st.secrets.get("ice_servers", "")
        except StreamlitSecretNotFoundError:  # there is no file of secrets
            return ""
    return [dict(server) for server in configured] if not isinstance(configured, str) else configured
