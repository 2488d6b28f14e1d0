"""What the commands print while they work."""

import io
from contextlib import redirect_stderr

from synesthete.terminal import show_progress, why_it_ended


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


def test_of_a_log_the_sentence_is_told_that_the_command_ended_with(tmp_path):
    log = tmp_path / "log"
    assert why_it_ended(log) == ""
    log.write_bytes(b"1 of 2\nsynesthete: first\n\xff\n" + b"x" * 100_000 + b"\nsynesthete: The disk is full.\nbye\n")
    assert why_it_ended(log) == "The disk is full."
    log.write_text("Traceback (most recent call last):\n  …\nKeyError: 1\n")
    assert why_it_ended(log) == f"It ended unexpectedly; {log} says more."
    log.write_text("Stopped.\n")
    assert why_it_ended(log) == ""
