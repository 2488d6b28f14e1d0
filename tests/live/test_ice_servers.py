"""STUN and TURN servers, as people write them."""

import pytest

from synesthete.errors import OptionError
from synesthete.live.ice_servers import VARIABLE, ice_servers

TURN = {"urls": "turn:turn.example.org:3478", "username": "ann", "credential": "secret"}


@pytest.mark.parametrize(
    ("configured", "expected"),
    [
        ("", []),
        ("  ", []),
        ([], []),
        ("stun:a.example:1 stun:b.example:2", [{"urls": "stun:a.example:1"}, {"urls": "stun:b.example:2"}]),
        (
            '[{"urls": "turn:turn.example.org:3478", "username": "ann", "credential": "secret", "other": "unknown"}]',
            [TURN],
        ),
        ('{"urls": ["stun:a.example:1", "stun:b.example:2"]}', [{"urls": ["stun:a.example:1", "stun:b.example:2"]}]),
        ([TURN], [TURN]),
    ],
)
def test_what_is_written_is_read(configured, expected):
    assert ice_servers(configured) == expected


@pytest.mark.parametrize(
    ("configured", "why"),
    [
        ("a.example", "does not begin with"),
        ("http://a.example", "does not begin with"),
        ("turn:a.example:1", "username"),
        ("[{]", "not JSON"),
        ('["stun:a.example"]', '"urls"'),
        ('[{"url": "stun:a.example"}]', '"urls"'),
        (7, "not int"),
        ([{"urls": []}], '"urls"'),
    ],
)
def test_what_cannot_be_read_is_said(configured, why):
    with pytest.raises(OptionError, match=f"^{VARIABLE} cannot be read: .*{why}"):
        ice_servers(configured)
