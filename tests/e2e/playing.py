"""What the browser tests ask of the one player."""


def now(page):
    """What the one player says of itself: row, list, number, time, whether it plays."""
    return page.evaluate("() => window.synesthetePlayer?.now() ?? {}")


def until(page, condition, seconds=20):
    """Wait until what :func:`now` says fulfils a condition, and return it."""
    for _ in range(seconds * 5):
        if condition(state := now(page)):
            return state
        page.wait_for_timeout(200)
    raise AssertionError(now(page))
