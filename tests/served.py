"""A server of some addresses of ours, without the pages."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from tests.e2e.conftest import free_port


@contextmanager
def serve(app: Starlette) -> Iterator[str]:
    """Serve an app; gives its host and port."""
    port = free_port()
    running = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        time.sleep(0.02)
    yield f"127.0.0.1:{port}"
    running.should_exit = True
    thread.join(10)
