"""A local server that behaves as Spotify's public Web API reference says, with accounts and API on one port.

Accounts: ``/authorize`` (redirects at once, as for a listener who agreed before) and ``/api/token`` (Basic
authorisation or PKCE, codes that work once, refresh, rotation under PKCE). API: ``/v1/me``, ``/v1/search``,
``/v1/me/playlists``, ``/v1/playlists/{id}/items``; what Spotify removed in February 2026 answers 403.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT_ID = "0123456789abcdef0123456789abcdef"
CLIENT_SECRET = "SECRETsecretSECRETsecretSECRETse"
REDIRECT_URI = "http://127.0.0.1:8501/"


def song(number: int, name: str, artist: str, seconds: float = 200.0, isrc: str = "", **more) -> dict:
    """A track object of the reference."""
    identifier = f"{number:022d}"
    return {
        "type": "track",
        "id": identifier,
        "uri": f"spotify:track:{identifier}",
        "name": name,
        "artists": [{"name": part, "type": "artist"} for part in artist.split(" + ")],
        "album": {"name": "An album"},
        "duration_ms": round(seconds * 1000),
        "external_ids": {"isrc": isrc} if isrc else {},
        "external_urls": {"spotify": f"https://open.spotify.com/track/{identifier}"},
        **more,
    }


@dataclass
class Answer:
    """An answer to give instead of the usual one, once: for the next request whose path holds ``path``."""

    path: str
    status: int
    body: object = None
    headers: dict = field(default_factory=dict)
    delay_seconds: float = 0.0
    is_done_anyway: bool = False


class FakeSpotify:
    """State and rules; ``with FakeSpotify() as spotify:`` serves it on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        self.songs: list[dict] = []
        self.playlists: dict[str, dict] = {}
        self.requests: list[tuple[str, str, str]] = []  # method, path with query, body
        self.scripted: list[Answer] = []
        self.expires_in = 3600
        self.codes: dict[str, dict] = {}
        self.access: dict[str, dict] = {}
        self.refresh: dict[str, dict] = {}
        self.secrets_issued: list[str] = []
        self._count = 0
        self._lock = threading.Lock()

    def __enter__(self) -> FakeSpotify:
        handler = type("Handler", (_Handler,), {"spotify": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_error) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fresh(self, kind: str) -> str:
        """A new secret as long as Spotify's."""
        with self._lock:
            self._count += 1
            secret = f"{kind}{self._count:04d}" + hashlib.sha256(f"{kind}{self._count}".encode()).hexdigest()
        self.secrets_issued.append(secret)
        return secret

    def calls(self, part: str) -> list[tuple[str, str, str]]:
        """The requests so far whose path holds ``part``."""
        return [request for request in self.requests if part in request[1]]

    def expire_all(self) -> None:
        """Every access token stops working, as after an hour."""
        self.access.clear()

    def revoke_all(self) -> None:
        """The listener withdraws the consent."""
        self.access.clear()
        self.refresh.clear()

    # ---- accounts -----------------------------------------------------------------------------------------

    def authorize(self, query: dict) -> tuple[int, object, dict]:
        if query.get("client_id") != CLIENT_ID or query.get("response_type") != "code":
            return 400, "INVALID_CLIENT: Invalid client", {}
        if query.get("redirect_uri") != REDIRECT_URI:
            return 400, "INVALID_CLIENT: Invalid redirect URI", {}
        code = self.fresh("code")
        self.codes[code] = {"scope": query.get("scope", ""), "challenge": query.get("code_challenge")}
        back = urlencode({"code": code, "state": query.get("state", "")})
        return 302, None, {"Location": f"{REDIRECT_URI}?{back}"}

    def token(self, form: dict, authorization: str) -> tuple[int, object, dict]:
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        has_secret = authorization == f"Basic {basic}"
        if not has_secret and (authorization or form.get("client_id") != CLIENT_ID):
            return 400, {"error": "invalid_client", "error_description": "Invalid client secret"}, {}
        if form.get("grant_type") == "authorization_code":
            grant = self.codes.pop(form.get("code", ""), None)
            if grant is None or form.get("redirect_uri") != REDIRECT_URI:
                return 400, {"error": "invalid_grant", "error_description": "Invalid authorization code"}, {}
            if not has_secret and not _is_verified(grant["challenge"], form.get("code_verifier", "")):
                return 400, {"error": "invalid_grant", "error_description": "code_verifier was incorrect"}, {}
            return 200, self._tokens(grant["scope"], is_with_refresh=True), {}
        if form.get("grant_type") == "refresh_token":
            grant = self.refresh.get(form.get("refresh_token", ""))
            if grant is None:
                return 400, {"error": "invalid_grant", "error_description": "Refresh token revoked"}, {}
            if not has_secret:
                del self.refresh[form["refresh_token"]]  # PKCE: a refresh token works once
            return 200, self._tokens(grant["scope"], is_with_refresh=not has_secret), {}
        return 400, {"error": "unsupported_grant_type"}, {}

    def _tokens(self, scope: str, is_with_refresh: bool) -> dict:
        access = self.fresh("access")
        self.access[access] = {"scope": scope}
        tokens = {
            "access_token": access,
            "token_type": "Bearer",
            "scope": scope,
            "expires_in": self.expires_in,
        }
        if is_with_refresh:
            tokens["refresh_token"] = self.fresh("refresh")
            self.refresh[tokens["refresh_token"]] = {"scope": scope}
        return tokens

    # ---- API ----------------------------------------------------------------------------------------------

    def api(self, method: str, path: str, query: dict, body: str, token: str) -> tuple[int, object, dict]:
        if token not in self.access:
            return _error(401, "The access token expired")
        scope = self.access[token]["scope"].split()
        if method == "GET" and path.rstrip("/") == "/v1/me":
            return 200, {"id": "listener", "display_name": "A Listener", "type": "user"}, {}
        if method == "GET" and path == "/v1/search":
            return self._search(query)
        if method == "POST" and path == "/v1/me/playlists":
            return self._create(json.loads(body), scope)
        if match := re.fullmatch(r"/v1/playlists/(\w+)/items", path):
            return self._add(match[1], json.loads(body)) if method == "POST" else _error(405, "Not allowed")
        return _error(403, "Forbidden")  # also the endpoints removed in February 2026

    def _search(self, query: dict) -> tuple[int, object, dict]:
        limit, offset, text = int(query.get("limit", 5)), int(query.get("offset", 0)), query.get("q", "")
        if not 1 <= limit <= 10:
            return _error(400, "Invalid limit")
        if not text or len(text) > 100:
            return _error(404, "Not found.")
        found = [entry for entry in self.songs if _fits(entry, text)]
        page = found[offset : offset + limit]
        tracks = {"items": page, "limit": limit, "offset": offset, "total": len(found), "next": None}
        return 200, {"tracks": tracks}, {}

    def _create(self, body: dict, scope: list[str]) -> tuple[int, object, dict]:
        needed = "playlist-modify-public" if body.get("public", True) else "playlist-modify-private"
        if needed not in scope:
            return _error(403, "Insufficient client scope")
        if not body.get("name") or len(body["name"]) > 100:
            return _error(400, "Missing required field: name")
        identifier = f"pl{len(self.playlists):020d}"
        link = f"https://open.spotify.com/playlist/{identifier}"
        self.playlists[identifier] = {**body, "uris": [], "batches": []}
        return 201, {"id": identifier, "name": body["name"], "external_urls": {"spotify": link}}, {}

    def _add(self, identifier: str, body: object) -> tuple[int, object, dict]:
        uris = body.get("uris") if isinstance(body, dict) else body
        if identifier not in self.playlists:
            return _error(404, "Invalid playlist Id")
        if not isinstance(uris, list) or not all(re.fullmatch(r"spotify:track:\w{22}", uri) for uri in uris):
            return _error(400, "Invalid track uri")
        if not 1 <= len(uris) <= 100:
            return _error(400, "You can add a maximum of 100 tracks per request.")
        self.playlists[identifier]["uris"] += uris
        self.playlists[identifier]["batches"].append(len(uris))
        return 201, {"snapshot_id": self.fresh("snapshot")}, {}


def _error(status: int, message: str) -> tuple[int, object, dict]:
    return status, {"error": {"status": status, "message": message}}, {}


def _is_verified(challenge: str | None, verifier: str) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    return challenge == base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _fits(entry: dict | None, text: str) -> bool:
    """Whether a song answers a query: ``isrc:``, ``track:… artist:…``, or free words."""
    if entry is None:
        return True
    if text.startswith("isrc:"):
        return entry["external_ids"].get("isrc") == text[5:]
    names = (entry["name"] + " " + " ".join(artist["name"] for artist in entry["artists"])).casefold()
    wanted = re.sub(r"\b(track|artist):", " ", text).casefold().split()
    return all(word in names for word in wanted)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet per answer; else each waits 40 ms for an acknowledgement
    spotify: FakeSpotify

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def _serve(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.spotify.requests.append((method, self.path, body))
        scripted = next((answer for answer in self.spotify.scripted if answer.path in self.path), None)
        if scripted:
            self.spotify.scripted.remove(scripted)
            time.sleep(scripted.delay_seconds)
            if scripted.is_done_anyway:
                self._usual(method, body)
            self._send(scripted.status, scripted.body, scripted.headers)
        else:
            self._send(*self._usual(method, body))

    def _usual(self, method: str, body: str) -> tuple[int, object, dict]:
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        authorization = self.headers.get("Authorization", "")
        if parts.path == "/authorize":
            return self.spotify.authorize(query)
        if parts.path == "/api/token":
            form = {key: values[0] for key, values in parse_qs(body).items()}
            return self.spotify.token(form, authorization)
        return self.spotify.api(method, parts.path, query, body, authorization.removeprefix("Bearer "))

    def _send(self, status: int, body: object, headers: dict) -> None:
        content = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "text/plain" if isinstance(body, str) else "application/json")
            self.send_header("Content-Length", str(len(content)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client stopped waiting, as the test of timeouts wants

    def log_message(self, *_args: object) -> None:
        """Say nothing."""
