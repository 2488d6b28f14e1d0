"""A web server on this machine that knows ranges, and can be told to misbehave."""

import http.server
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Site:
    """What is served, how, and what was asked: (path, Range, status) of each request."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    etag: str = '"one"'
    breaks: list[int] = field(default_factory=list)  # bytes of each answer's body, after which the connection is cut
    knows_ranges: bool = True
    asked: list[tuple[str, str | None, int]] = field(default_factory=list)


@contextmanager
def serving():
    """Serve ``site.files`` under ``site.url``."""
    site = Site()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args):
            pass

        def do_GET(self):
            data = site.files.get(self.path.lstrip("/"))
            wanted = self.headers.get("Range")
            if data is None:
                return self._answer(404, b"", wanted)
            is_fresh = self.headers.get("If-Range", site.etag) == site.etag
            start = int(re.match(r"bytes=(\d+)-$", wanted)[1]) if wanted and site.knows_ranges and is_fresh else 0
            if start >= len(data) > 0:
                return self._answer(416, b"", wanted, f"bytes */{len(data)}")
            extent = f"bytes {start}-{len(data) - 1}/{len(data)}" if start else ""
            self._answer(206 if start else 200, data[start:], wanted, extent)

        def _answer(self, status, body, wanted, extent=""):
            site.asked.append((self.path, wanted, status))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if site.etag:
                self.send_header("ETag", site.etag)
            if extent:
                self.send_header("Content-Range", extent)
            self.end_headers()
            if site.breaks:
                body = body[: site.breaks.pop(0)]
                self.close_connection = True
            self.wfile.write(body)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        site.url = f"http://127.0.0.1:{server.server_port}"
        yield site
        server.shutdown()
