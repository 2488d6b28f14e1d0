"""Who may add the server's folders."""

import pytest
from streamlit.errors import StreamlitAuthError

from synesthete.errors import OptionError
from synesthete.ui import owner

HEADERS = {"Host": "localhost:8501", "Origin": "http://localhost:8501"}


@pytest.mark.parametrize(
    ("address", "headers", "is_local"),
    [
        ("127.0.0.1", HEADERS, True),
        ("127.0.0.1", {"Host": "127.0.0.1:8501", "Origin": "http://127.0.0.1:8501"}, True),
        ("127.0.0.1", {"Host": "[::1]:8501", "Origin": "http://[::1]:8501"}, True),
        (None, HEADERS, False),
        ("0.0.0.0", HEADERS, False),
        ("127.0.0.1", HEADERS | {"X-Forwarded-For": "203.0.113.7"}, False),
        ("127.0.0.1", HEADERS | {"Origin": "https://music.example.org"}, False),
        ("127.0.0.1", HEADERS | {"Host": "music.example.org"}, False),
        ("127.0.0.1", HEADERS | {"Origin": "http://localhost.example.org"}, False),
        ("127.0.0.1", HEADERS | {"Origin": "http://[bad"}, False),
        ("127.0.0.1", {"Host": "localhost:8501"}, False),
        ("127.0.0.1", {}, False),
    ],
)
def test_local_is_who_sits_at_this_computer(monkeypatch, address, headers, is_local):
    from streamlit import config

    monkeypatch.setenv("SYNESTHETE_OWNER", "local")
    before = config.get_option("server.address")
    config.set_option("server.address", address)
    monkeypatch.setattr(type(owner.st.context), "headers", property(lambda self: _Headers(headers)))
    assert owner.is_owner() is is_local
    config.set_option("server.address", before)


class _Headers:
    def __init__(self, values):
        self.to_dict = lambda: values


@pytest.mark.parametrize(
    ("claims", "is_mine"),
    [
        ({"is_logged_in": True, "email": "Me@Example.org", "email_verified": True}, True),
        ({"is_logged_in": True, "email": "me@example.org", "email_verified": False}, False),
        ({"is_logged_in": True, "email": "me@example.org"}, False),
        ({"is_logged_in": True, "email": "you@example.org", "email_verified": True}, False),
        ({"is_logged_in": True, "email": "", "email_verified": True}, False),
        ({"is_logged_in": False}, False),
        ({}, False),
    ],
)
def test_a_sign_in_counts_with_a_verified_address_of_the_list(monkeypatch, claims, is_mine):
    monkeypatch.setenv("SYNESTHETE_OWNER", "other@example.org, me@example.org,")
    monkeypatch.setattr(type(owner.st.user), "to_dict", lambda self: claims)
    assert owner.is_owner() is is_mine


ME = {"is_logged_in": True, "email": "me@example.org", "email_verified": True}
PROVIDER = {"client_id": "x", "client_secret": "y", "server_metadata_url": "https://example.org/.well-known"}


@pytest.fixture
def secrets(monkeypatch):
    """The secrets of the server, to be filled; nobody is signed in until ``claims`` say so."""
    content, claims = {}, {}
    monkeypatch.delenv("SYNESTHETE_OWNER", raising=False)
    monkeypatch.setattr(owner, "_secret", content.get)
    monkeypatch.setattr(type(owner.st.user), "to_dict", lambda self: claims)
    return content, claims


@pytest.mark.parametrize("named", ["me@example.org", ["you@example.org", "Me@Example.org"]])
def test_the_secrets_name_the_owner_too(secrets, named):
    content, claims = secrets
    claims |= ME
    assert not owner.is_owner() and not owner.may_sign_in()
    content["owner"] = named
    assert owner.is_owner() and not owner.may_sign_in()
    claims["email"] = "she@example.org"
    assert not owner.is_owner() and owner.may_sign_in() and owner.signed_in_as() == "she@example.org"


@pytest.mark.parametrize("named", ["everyone", "local", "", ["everyone"], 5, [""]])
def test_in_the_secrets_only_addresses_count(secrets, named):
    content, claims = secrets
    content["owner"] = [named] if isinstance(named, int) else named
    claims |= {"is_logged_in": True, "email": "", "email_verified": True}
    assert not owner.is_owner() and not owner.may_sign_in()


@pytest.mark.parametrize(("auth", "provider"), [(PROVIDER, None), ({"redirect_uri": "z", "a": PROVIDER}, "a")])
def test_signing_in_goes_to_the_provider_that_is_set_up(secrets, monkeypatch, auth, provider):
    content, _ = secrets
    content["auth"] = auth
    asked = []
    monkeypatch.setattr(owner.st, "login", asked.append)
    owner.sign_in()
    assert asked == [provider]


def test_settings_that_cannot_be_used_are_a_sentence(secrets, monkeypatch):
    def refuse(provider):
        raise StreamlitAuthError("client_id is missing")

    content, _ = secrets
    content["auth"] = {"cookie_secret": "z"}
    monkeypatch.setattr(owner.st, "login", refuse)
    with pytest.raises(OptionError, match="client_id is missing"):
        owner.sign_in()
