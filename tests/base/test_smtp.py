"""Where e-mail is handed over, read from one setting; and what goes wrong there is told apart."""

import pytest

from clew.base.outcomes import Unreachable
from clew.base.smtp import greet
from clew.base.targets import Relay, read_relay
from clew.web import findings
from clew_peers.mail import Relay as StandIn


def test_an_address_is_read_with_its_usual_port_and_its_password() -> None:
    assert read_relay("") is None
    assert read_relay("smtps://mail.example.com") == Relay("smtps", "mail.example.com", 465, "", "")
    found = read_relay("smtp://clew%40example.com:p%40%3A@mail.example.com")
    assert found == Relay("smtp", "mail.example.com", 587, "clew@example.com", "p@:")


@pytest.mark.parametrize(
    "url", ["mail.example.com:25", "smtp://:secret@mail", "smtp://mail/path", "imap://mail"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="form"):
        read_relay(url)


def test_tls_is_never_left_out_where_it_was_asked_for() -> None:
    with StandIn() as relay:
        for security, why in (("smtp", "not offered"), ("smtps", "TLS")):
            with pytest.raises(Unreachable) as refused:
                greet(Relay(security, "127.0.0.1", relay.port, "", ""), seconds=2)
            assert refused.value.details["why"] == why
        assert relay.taken == []


def test_the_doctor_says_what_is_wrong_with_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    with StandIn("clew", "right") as relay:
        for password, says in (
            ("right", "takes us"),
            ("wrong", "refuses the name or the password"),
        ):
            made = Relay("smtp+plain", "127.0.0.1", relay.port, "clew", password)
            monkeypatch.setattr(findings.configuration, "SMTP", made)
            assert says in findings.mail().says
    assert "cannot be reached" in findings.mail().says
    monkeypatch.setattr(findings.configuration, "SMTP", None)
    assert findings.mail().state == "unseen"
