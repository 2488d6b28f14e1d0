"""What the commands print while they work."""

import io
from contextlib import redirect_stderr

from synesthete.terminal import show_progress


class Terminal(io.StringIO):
    """A screen that says it is one."""

    def isatty(self) -> bool:
        return True


def test_the_last_line_is_rewritten_and_ended_when_all_is_done():
    with redirect_stderr(Terminal()) as screen:
        show_progress("First", 0.25)
        show_progress("Second", 1.0)
    first, second = screen.getvalue().split("\r")[1:]
    assert first.startswith(" 25% First ") and "\n" not in first
    assert second.startswith("100% Second ") and second.endswith("\n")
    assert len(first) == len(second) - 1, "a longer label before is overwritten"


def test_a_hostile_title_cannot_steer_the_terminal():
    with redirect_stderr(Terminal()) as screen:
        show_progress("\x1b[2J\r\ntitle" + 200 * "x", 0.5)
    line = screen.getvalue()
    assert "title" in line and "\x1b" not in line and line.count("\r") == 1 and "\n" not in line and len(line) < 80


def test_a_log_file_gets_no_progress():
    with redirect_stderr(io.StringIO()) as log:
        show_progress("First", 0.25)
    assert log.getvalue() == ""
