"""What every bell does: RabbitMQ and PostgreSQL alike."""

from __future__ import annotations

import secrets
import time
import uuid

import pika
import pytest

from oraferry.broker.bell import PostgresBell
from oraferry.broker.message import MigrationMessage, decode_message
from oraferry.broker.rabbitmq import RabbitBroker, dead_queue, declare, get_rabbitmq_connection
from oraferry.config import Secret
from oraferry.errors import BrokerUnavailable, MessageNotUnderstood

# Always the same: so are the tests' names, in each of pytest's workers.
JOB = "7d03b74e-5180-44fa-8ae6-173d7fa13aba"


@pytest.fixture(params=["bell", "rabbitmq"])
def make_broker(request, store_dsn):
    """Brokers on one queue or database."""
    made = []
    name = f"conformance-{secrets.token_hex(4)}"

    def make():
        if request.param == "bell":
            broker = PostgresBell(Secret(store_dsn))
        else:
            server = request.getfixturevalue("rabbitmq_server")
            broker = RabbitBroker(Secret(server.url), name)
        made.append(broker)
        return broker

    yield make
    for broker in made:
        broker.close()


def wait_for_ring(broker, seconds=15):
    """The next ring within *seconds*."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        heard = broker.wait(0.5)
        if heard:
            return heard
    return None


def test_a_ring_is_heard(make_broker):
    """
    What one process announces another hears.
    """
    listener, ringer = make_broker(), make_broker()
    assert listener.wait(1.0) is None  # listening from here on
    job = str(uuid.uuid4())

    ringer.announce(job)

    assert job == wait_for_ring(listener)


def test_silence_ends_after_the_timeout(make_broker):
    """
    wait() gives None after about its timeout.
    """
    broker = make_broker()
    broker.wait(0.2)
    started = time.monotonic()

    assert broker.wait(0.5) is None

    assert 0.3 < time.monotonic() - started < 5


def test_ping_reaches_the_server(make_broker):
    """
    A server that is there answers.
    """
    make_broker().ping()


@pytest.mark.parametrize(
    "broker",
    [
        RabbitBroker(Secret("amqp://guest:guest@127.0.0.1:1/%2F")),
        RabbitBroker(Secret("amqp://guest:guest@127.0.0.1:notaport/")),
        PostgresBell(Secret("postgresql://nobody@127.0.0.1:1/none")),
    ],
)
def test_no_server_is_an_error_when_ringing_and_silence_when_waiting(broker):
    """
    announce and ping say that there is no broker; wait just hears nothing.
    """
    with pytest.raises(BrokerUnavailable):
        broker.ping()
    with pytest.raises(BrokerUnavailable):
        broker.announce(str(uuid.uuid4()))
    assert broker.wait(0.3) is None
    broker.close()


def test_a_ring_survives_while_nobody_listens(rabbitmq_server):
    """
    RabbitMQ keeps the message until a worker comes.
    """
    name = f"kept-{secrets.token_hex(4)}"
    ringer = RabbitBroker(Secret(rabbitmq_server.url), name)
    job = str(uuid.uuid4())
    ringer.announce(job)
    ringer.close()
    listener = RabbitBroker(Secret(rabbitmq_server.url), name)

    assert job == wait_for_ring(listener)
    listener.close()


def test_foreign_messages_go_to_the_dead_queue(rabbitmq_server):
    """
    A message that is none of ours is set aside with its reason; ours behind it is heard.
    """
    name = f"foreign-{secrets.token_hex(4)}"
    connection = get_rabbitmq_connection(Secret(rabbitmq_server.url))
    channel = connection.channel()
    declare(channel, name)
    job = str(uuid.uuid4())
    for body in (b"not json", b'{"format": 99}', MigrationMessage(job).encode()):
        channel.basic_publish("", name, body, pika.BasicProperties(delivery_mode=2))
    listener = RabbitBroker(Secret(rabbitmq_server.url), name)

    assert job == wait_for_ring(listener)
    dead = [channel.basic_get(dead_queue(name), auto_ack=True) for _ in range(2)]
    assert [b"not json", b'{"format": 99}'] == [body for _, _, body in dead]
    assert all(properties.headers["x-reason"] for _, properties, _ in dead)
    listener.close()
    connection.close()


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b'{"job_id": 1, "kind": "work", "format": 1}', b"\xff",
     b'{"job_id": "x", "kind": "work", "format": 1}',
     MigrationMessage(JOB, format=2).encode(),
     MigrationMessage(JOB, kind="stop").encode()],
)  # fmt: skip
def test_only_our_messages_decode(body):
    """
    Anything else is MessageNotUnderstood.
    """
    with pytest.raises(MessageNotUnderstood):
        decode_message(body)
