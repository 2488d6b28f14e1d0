"""A real server and a real browser. Without a Chromium these tests skip, except in CI, where they fail."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from synesthete.settings import PROJECT_ROOT

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--autoplay-policy=no-user-gesture-required"]  # fmt: skip
SOFTWARE_GL = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")  # for the map


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser on a busy machine may miss a moment: its tests have a second try, which the summary counts."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=2))


def find_browser() -> str | None:
    chosen = os.environ.get("SYNESTHETE_CHROMIUM")
    return chosen or next((path for name in BROWSERS if (path := shutil.which(name))), None)


@dataclass
class Server:
    """A running app: its address, and its process."""

    url: str
    process: subprocess.Popen


def free_port() -> int:
    """A port of this computer that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_server(folder: Path, *flags: str, port: int | None = None, **environment: str) -> Server:
    """Start the app and wait until it answers; its log is ``folder / "server.log"``."""
    port = port or free_port()
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.address", "127.0.0.1", "--server.port",
             str(port), "--server.headless", "true", "--server.fileWatcherType", "none", *flags],
            cwd=PROJECT_ROOT, stdout=log, stderr=subprocess.STDOUT,
            env={**os.environ, "SYNESTHETE_HOME": str(folder / "state"), **environment},
        )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1)
            return Server(url, process)
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.2)
    process.kill()
    raise RuntimeError(f"The app did not start:\n{(folder / 'server.log').read_text()}")


@pytest.fixture
def cold_server(tmp_path: Path) -> Iterator[Server]:
    """A server that nobody has visited."""
    server = start_server(tmp_path)
    yield server
    server.process.terminate()
    server.process.wait(10)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all who ask for nothing of their own: every page of `open_page` is another visitor to it."""
    server = start_server(tmp_path_factory.mktemp("server"))
    yield server
    server.process.terminate()
    server.process.wait(10)


@pytest.fixture(scope="session")
def playwright() -> Iterator:
    if find_browser() is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have a Chromium: install the package chromium.")
        pytest.skip("no Chromium on this machine; install it, or name one in SYNESTHETE_CHROMIUM")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browsers(playwright) -> Iterator[Callable]:
    """A function that gives the browser with some further flags, started once."""
    started = {}

    def browser_with(*flags: str):
        running = started.get(flags)
        if running is None or not running.is_connected():
            started[flags] = running = playwright.chromium.launch(executable_path=find_browser(), args=[*FLAGS, *flags])
        return running

    yield browser_with
    for browser in started.values():
        browser.close()


@pytest.fixture
def open_page(browsers) -> Iterator[Callable]:
    """A function that opens an address as a new visitor, with nothing left of another test; flags may be given."""
    opened = []

    def open_at(url: str, *flags: str, **context):
        opened.append(browsers(*flags).new_context(viewport={"width": 1360, "height": 900}, **context))
        page = opened[-1].new_page()
        page.set_default_timeout(45_000)
        page.goto(url)
        return page

    yield open_at
    for context in opened:
        context.close()
