"""AppTest has no browser: what the boxes to find tracks by typing are told is kept, and tests answer in its place."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from synesthete.ui import landscape_making, track_search

_MAIN = sys.modules["__main__"]


@dataclass
class Boxes:
    """What each box was told last, by key; and what the browser is going to say."""

    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    pending: dict[str, dict[str, Any]] = field(default_factory=dict)

    def say(self, app: AppTest, key: str, **said: Any) -> AppTest:
        self.pending[key] = said
        return app.run()

    def choose(self, app: AppTest, key: str, track_id: str) -> AppTest:
        return self.say(app, key, chosen={"key": track_id})

    def drop(self, app: AppTest, key: str, track_id: str) -> AppTest:
        return self.say(app, key, dropped={"key": track_id})

    def type(self, app: AppTest, key: str, text: str) -> list[str]:
        """The ids of the answer."""
        self.say(app, key, asked=text).run()
        return [hit["key"] for hit in self.told[key]["hits"]]

    def chosen(self, key: str) -> list[str]:
        return [choice["key"] for choice in self.told[key]["chosen"]]


@pytest.fixture(autouse=True)
def keep_the_main_module() -> Iterator[None]:
    """AppTest runs a page as the main module and leaves it there; a process spawned later would run it again."""
    yield
    sys.modules["__main__"] = _MAIN


@pytest.fixture(autouse=True)
def wait_for_the_map(monkeypatch) -> None:
    """AppTest does not come back by itself, as a browser does, to see whether the map is made."""
    monkeypatch.setattr(landscape_making, "PATIENCE_SECONDS", 120.0)


@pytest.fixture(autouse=True)
def boxes(monkeypatch) -> Boxes:
    """The boxes of the page under test."""
    all_boxes = Boxes()

    def component(key, data, on_told):
        all_boxes.told[key] = data
        if key in all_boxes.pending:
            st.session_state[key] = all_boxes.pending.pop(key)
            on_told()

    monkeypatch.setattr(track_search, "_component", component)
    return all_boxes
