"""Who may speak for a party number: the holder of the pinned key, once, and nobody else.

Checked on a copy that every test with such a sentence fails without its defence.
"""

import ssl
import time

import psutil
import pytest

from mpcengine.party.tls import pin_of
from mpcengine.protocol.partywire import EXIT_NAMED
from tests.party.evil import Evil
from tests.party.harness import Trio, identity

REFUSED = (OSError, EOFError)


def test_it_refuses_a_caller_whose_certificate_is_not_pinned(trio: Trio) -> None:
    """M2. Fails (the stranger speaks) if ``_greet`` takes any certificate for party 1's."""
    trio.change(3, connect_seconds=2.0)
    trio.start(3, "product")
    with pytest.raises(REFUSED):
        Evil(trio, 1, papers=identity("stranger")).dial(3)
    ending = trio.parties[3].finish()
    assert ending.code == EXIT_NAMED
    assert ending.failure is not None
    assert ending.failure.cause == "peer_unknown_cert"


def test_it_refuses_to_call_a_listener_whose_certificate_is_not_pinned(trio: Trio) -> None:
    """M2. Fails (the victim says hello to the stranger) without the two comparisons with the
    pin, ``_check_pin`` before TLS and ``connection_made`` after it; either alone holds.
    """
    trio.start(1, "product")
    with pytest.raises(REFUSED):
        Evil(trio, 2, papers=identity("stranger")).answer().hello()
    ending = trio.parties[1].finish()
    assert ending.failure is not None
    assert (ending.failure.cause, ending.failure.peer) == ("peer_unknown_cert", 2)


def test_it_wants_the_key_and_not_only_the_certificate(trio: Trio) -> None:
    """Shows party 1's certificate, which is public, but proves another key.

    Fails (the impostor is party 1) if the listener's context does not ask for a certificate.
    """
    trio.change(3, connect_seconds=2.0)
    trio.start(3, "product")
    evil = Evil(trio, 1, papers=identity("stranger"))
    evil.shown = ssl.PEM_cert_to_DER_cert(identity("party 1").certificate)
    with pytest.raises(REFUSED):
        evil.dial(3).hello()
    ending = trio.parties[3].finish()
    assert ending.failure is not None
    assert ending.failure.cause == "connect_timeout"


def test_it_refuses_another_number_than_the_certificates(trio: Trio) -> None:
    """M3: party 1 says that it is party 2. Fails (it is believed) without that check."""
    trio.start(3, "product")
    line = Evil(trio, 1).dial(3)
    line.hello(index=2)
    ending = trio.parties[3].finish()
    assert ending.failure is not None
    assert (ending.failure.cause, ending.failure.peer) == ("impersonation_refused", 1)


def test_it_refuses_a_second_connection_for_a_taken_number(trio: Trio) -> None:
    """M3. Fails (the second line opens) if ``_greet`` does not look who is connected."""
    trio.start(3, "product")
    first = Evil(trio, 1).dial(3)
    first.enter(3)
    time.sleep(0.3)
    with pytest.raises(REFUSED):
        Evil(trio, 1).dial(3)
    second = Evil(trio, 2).dial(3)
    second.enter(3)
    # The computation begins: the first line is the one that counts.
    assert first.frame()[1]


def test_it_goes_on_after_strangers_have_called(trio: Trio) -> None:
    """Fails (the run ends, or hangs) if a stranger's call ends the wait for the real peers."""
    trio.start(3, "product")
    with pytest.raises(REFUSED):
        Evil(trio, 1, papers=identity("stranger")).dial(3)
    for index in (1, 2):
        trio.start(index, "product")
    endings = trio.finish_all()
    assert [ending.code for ending in endings.values()] == [0, 0, 0]
    assert endings[3].header is not None
    assert endings[3].header.notices == (("peer_unknown_cert", 0),)


def test_it_speaks_tls_1_3_only(trio: Trio) -> None:
    """Fails (TLS 1.2 is spoken) without the minimum version in ``make_context``."""
    trio.change(3, connect_seconds=2.0)
    trio.start(3, "product")
    evil = Evil(trio, 1)
    evil.highest = ssl.TLSVersion.TLSv1_2
    with pytest.raises(REFUSED):
        evil.dial(3)


def test_it_listens_on_the_inherited_socket_only(trio: Trio) -> None:
    """M4. Fails if MPyC's own start routine, which listens on all interfaces, is used."""
    trio.start(3, "product")
    line = Evil(trio, 1).dial(3)
    line.enter(3)
    process = psutil.Process(trio.parties[3].process.pid)
    listening = [c.laddr for c in process.net_connections("inet") if c.status == "LISTEN"]
    assert [(a.ip, a.port) for a in listening] == [("127.0.0.1", trio.port(3))]


def test_it_refuses_a_spec_whose_own_papers_do_not_fit(trio: Trio) -> None:
    other = identity("stranger")
    trio.change(1, pin=other.pin)
    trio.change(2, private_key=other.key)
    for index in (1, 2):
        trio.start(index, "product")
    for index in (1, 2):
        ending = trio.parties[index].finish()
        assert ending.code == 2
        assert ending.failure is not None
        assert ending.failure.cause == "bad_spec"
    der = ssl.PEM_cert_to_DER_cert(other.certificate)
    assert pin_of(der) == other.pin
