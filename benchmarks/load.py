"""Many listeners at once, and one for long: what a server does when 20 sounds come together, and after 500.

    python benchmarks/load.py [--listeners 20] [--soak 500] [--encoder NAME]
    python benchmarks/load.py --listeners 0     the soak alone

The clients speak Streamlit's protocol without a browser (a WebSocket, and HTTP for the file), so that the processors
are the server's. Each opens the page and waits; then all drop another 30-s MP3 at the same moment. A drop ends when the
matches reach its client. The baseline is one listener alone on the same server. The soak is one drop after another, by
eight visits in turn that end and begin anew, and the memory of the server and its children as it goes.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.serving import Server, mp3
from synesthete.settings import PROJECT_ROOT

LIMIT_SECONDS = 300.0
N_VISITS, DROPS_A_VISIT = 8, 12
XSRF = "_streamlit_xsrf"


class Listener:
    """A visit: it opens Listen, drops files, and reads what the server draws."""

    def __init__(self, url: str, encoder: str) -> None:
        self._url, self._query = url, urlencode({"encoder": encoder}) if encoder else ""
        self._uploader = ""
        self._held = ""  # where the file lies that the box holds
        self.errors: list[str] = []

    async def begin(self) -> None:
        """Open the page and wait until it is drawn."""
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))  # an IP address has cookies too
        async with self._http.get(f"{self._url}/_stcore/health"):
            pass
        (self._token,) = [cookie.value for cookie in self._http.cookie_jar if cookie.key == XSRF]
        self._socket = await self._http.ws_connect(
            f"{self._url}/_stcore/stream", protocols=("streamlit", self._token), max_msg_size=0, origin=self._url
        )
        self._inbox: asyncio.Queue[bytes] = asyncio.Queue()
        self._reader = asyncio.create_task(self._read())  # all the time: else nobody answers the server's pings
        await self._rerun()
        await self._until_rest()

    async def _read(self) -> None:
        async for message in self._socket:
            await self._inbox.put(message.data)

    async def end(self) -> None:
        """Close the page."""
        self._reader.cancel()
        await self._socket.close()
        await self._http.close()

    async def drop(self, data: bytes, name: str) -> float:
        """Drop a file; seconds until its matches are here. Returns when all is drawn."""
        begin = time.perf_counter()
        wish = BackMsg()
        wish.file_urls_request.request_id = name
        wish.file_urls_request.file_names.append(name)
        await self._socket.send_bytes(wish.SerializeToString())
        while not (message := await self._next()).HasField("file_urls_response"):
            pass
        (place,) = message.file_urls_response.file_urls
        form = aiohttp.FormData()
        form.add_field("file", data, filename=name, content_type="audio/mpeg")
        headers = {"X-Xsrftoken": self._token}
        if self._held:  # a browser takes out the file before it puts in another
            async with self._http.delete(f"{self._url}{self._held}", headers=headers) as answer:
                answer.raise_for_status()
        async with self._http.put(f"{self._url}{place.upload_url}", data=form, headers=headers) as answer:
            answer.raise_for_status()
        self._held = place.delete_url
        wish = self._message()
        uploaded = wish.rerun_script.widget_states.widgets.add(id=self._uploader)
        file = uploaded.file_uploader_state_value.uploaded_file_info.add(
            file_id=place.file_id, name=name, size=len(data)
        )
        file.file_urls.CopyFrom(place)
        await self._socket.send_bytes(wish.SerializeToString())
        return await self._until_rest(begin)

    def _message(self) -> BackMsg:
        message = BackMsg()
        message.rerun_script.query_string = self._query
        return message

    async def _rerun(self) -> None:
        await self._socket.send_bytes(self._message().SerializeToString())

    async def _next(self) -> ForwardMsg:
        message = ForwardMsg()
        message.ParseFromString(await asyncio.wait_for(self._inbox.get(), LIMIT_SECONDS))
        if message.HasField("delta") and message.delta.HasField("new_element"):
            element = message.delta.new_element
            kind = element.WhichOneof("type")
            if kind == "file_uploader":
                self._uploader = element.file_uploader.id
            elif kind == "exception":
                self.errors.append(element.exception.message)
            elif kind == "alert" and element.alert.format == element.alert.ERROR:
                self.errors.append(element.alert.body)
        return message

    async def _until_rest(self, begin: float = 0.0) -> float:
        """Read until the script has ended; seconds from ``begin`` to the last matches that came, else not-a-number."""
        found = float("nan")
        while True:
            message = await self._next()
            if message.HasField("script_finished"):
                if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY and (not begin or found == found):
                    return found
            elif _is_matches(message):
                found = time.perf_counter() - begin


def _is_matches(message: ForwardMsg) -> bool:
    if not (message.HasField("delta") and message.delta.HasField("new_element")):
        return False
    element = message.delta.new_element
    return element.WhichOneof("type") == "bidi_component" and "matches" in element.bidi_component.component_name


async def at_once(server: Server, sounds: list[bytes], encoder: str) -> tuple[list[float], list[str]]:
    """All sounds dropped at the same moment, each by a listener of its own; seconds of each, and errors."""
    listeners = [Listener(server.url, encoder) for _ in sounds]
    for listener in listeners:
        await listener.begin()
    pairs = zip(listeners, sounds, strict=True)
    took = await asyncio.gather(*(listener.drop(sound, "song.mp3") for listener, sound in pairs))
    errors = [error for listener in listeners for error in listener.errors]
    for listener in listeners:
        await listener.end()
    return list(took), errors


async def soak(server: Server, sounds: list[bytes], n_drops: int, encoder: str) -> None:
    """One drop after another; prints time, processor time and memory every so often."""
    visits: list[Listener] = []
    n_errors, took, before, began = 0, [], server.processor_seconds(), time.monotonic()
    for number in range(n_drops):
        if number % DROPS_A_VISIT == 0:
            visits.append(Listener(server.url, encoder))
            await visits[-1].begin()
            if len(visits) > N_VISITS:
                n_errors += len(visits[0].errors)
                await visits.pop(0).end()
        # A tail makes it another file: nothing that was analysed before may answer
        sound = sounds[number % len(sounds)] + b"TAG" + str(number).encode().ljust(125, b"\0")
        took.append(await visits[number % len(visits)].drop(sound, f"soak-{number}.mp3"))
        if (number + 1) % 50 == 0:
            spent = server.processor_seconds() - before
            print(
                f"after {number + 1:4} drops, {time.monotonic() - began:5.0f} s: memory {server.memory_mb():6.0f} MB, "
                f"of the server itself {server.own_memory_mb():.0f}; "
                f"of the last 50 p50 {np.median(took[-50:]):.2f} s, processors {spent / 50:.2f} s a drop",
                flush=True,
            )
            before = server.processor_seconds()
    n_errors += sum(len(visit.errors) for visit in visits)
    for visit in visits:
        await visit.end()
    print(f"{n_drops} drops, {n_errors} errors; at rest {server.memory_mb():.0f} MB")


def together(server: Server, sounds: list[bytes], n_listeners: int, encoder: str) -> None:
    """One listener alone, several times, then many at once; prints seconds, processor time and memory."""
    alone = [asyncio.run(at_once(server, [sound], encoder)) for sound in sounds[: n_listeners // 2 + 1]]
    single = [took[0] for took, _ in alone[1:]]  # the first warms
    print(f"alone: p50 {np.median(single):.2f} s; memory {server.memory_mb():.0f} MB", flush=True)
    before = server.processor_seconds()
    took, errors = asyncio.run(at_once(server, sounds[-n_listeners:], encoder))
    spent = server.processor_seconds() - before
    print(
        f"{n_listeners} at once: p50 {np.median(took):.2f} s, p95 {np.percentile(took, 95):.2f} s, first "
        f"{min(took):.2f} s, last {max(took):.2f} s; processors {spent / len(took):.2f} s a drop; "
        f"memory {server.memory_mb():.0f} MB; {len(errors)} errors {sorted(set(errors))[:3]}",
        flush=True,
    )


def main() -> None:
    """Start a server, let one listen, then many, then for long."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listeners", type=int, default=20)
    parser.add_argument("--soak", type=int, default=500, help="how many drops one after another; 0: none")
    parser.add_argument("--encoder", default="", help="default: the app's")
    parser.add_argument("--checkout", type=Path, default=PROJECT_ROOT)
    chosen = parser.parse_args()
    sounds = [mp3(30, 5 * number + 1) for number in range(2 * chosen.listeners + 4)]
    server = Server(chosen.checkout)
    try:
        if chosen.listeners:
            together(server, sounds, chosen.listeners, chosen.encoder)
        if chosen.soak:
            asyncio.run(soak(server, sounds, chosen.soak, chosen.encoder))
    finally:
        server.stop()


if __name__ == "__main__":
    main()
