"""RabbitMQ through pika, in a thread of its own.

Messages are wake-ups and acknowledged as they arrive: RabbitMQ closes a channel whose
delivery stays unacknowledged for 30 minutes, and a migration outlives that. The thread
keeps heartbeats going while the worker works, and reconnects after an outage.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from typing import Any

import pika
import pika.exceptions

from oraferry.broker.message import MigrationMessage, decode_message
from oraferry.config import Secret
from oraferry.errors import BrokerUnavailable, MessageNotUnderstood

logger = logging.getLogger(__name__)

RECONNECT_SECONDS = 1.0
POLL_SECONDS = 0.1
HEARTBEAT_SECONDS = 30
ANNOUNCE_SECONDS = 10.0
_FAILURES = (pika.exceptions.AMQPError, OSError)


def get_rabbitmq_connection(url: Secret) -> pika.BlockingConnection:
    """A connection; BrokerUnavailable when it cannot be had."""
    try:
        parameters = pika.URLParameters(url.reveal())
        parameters.heartbeat = HEARTBEAT_SECONDS
        parameters.blocked_connection_timeout = ANNOUNCE_SECONDS
        parameters.socket_timeout = 5.0
        parameters.stack_timeout = 10.0
        return pika.BlockingConnection(parameters)
    except (*_FAILURES, ValueError) as error:
        raise BrokerUnavailable(
            f"RabbitMQ cannot be reached ({type(error).__name__})",
            hint="check broker_url, and that the server runs",
        ) from error


class RabbitBroker:
    """A durable bell: quorum queue, persistent messages, publisher confirms."""

    def __init__(self, url: Secret, queue_name: str = "oraferry", *, listens: bool = True) -> None:
        # pika writes several errors and a traceback for every attempt to connect; this module
        # says once what happened.
        logging.getLogger("pika").setLevel(logging.CRITICAL)
        self._url = url
        self._queue = queue_name
        self._listens = listens
        self._arrived: queue.Queue[str] = queue.Queue()
        self._requests: queue.Queue[_Request] = queue.Queue()
        self._closing = threading.Event()
        self._consume = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    # -- the port --------------------------------------------------------------------------

    def announce(self, job_id: str) -> None:
        """Publish with confirm; BrokerUnavailable when that did not happen in time."""
        request = _Request(MigrationMessage(job_id).encode())
        self._ensure_thread()
        self._requests.put(request)
        if not request.done.wait(ANNOUNCE_SECONDS):
            request.abandoned = True
            raise BrokerUnavailable(
                "RabbitMQ did not confirm a message in time", hint="it is announced again"
            )
        if request.error is not None:
            raise BrokerUnavailable(
                f"RabbitMQ did not take a message ({type(request.error).__name__})",
                hint="it is announced again when the broker is back",
            ) from request.error

    def wait(self, timeout_seconds: float) -> str | None:
        """The next announced job, or None after the timeout; an outage is silence."""
        if self._listens:
            self._consume.set()
            self._ensure_thread()
        try:
            return self._arrived.get(timeout=timeout_seconds)
        except queue.Empty:
            return None

    def ping(self) -> None:
        """BrokerUnavailable when the broker cannot be reached."""
        connection = get_rabbitmq_connection(self._url)
        with contextlib.suppress(*_FAILURES):
            connection.close()

    def close(self) -> None:
        """End the thread; never raises."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    # -- the thread ------------------------------------------------------------------------

    def _ensure_thread(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="rabbitmq", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        was_lost = False
        while not self._closing.is_set():
            try:
                connection = get_rabbitmq_connection(self._url)
            except BrokerUnavailable as error:
                if not was_lost:
                    logger.warning("%s; it is tried again", error)
                was_lost = True
                self._refuse(error)
                self._closing.wait(RECONNECT_SECONDS)
                continue
            if was_lost:
                logger.info("RabbitMQ is back")
            was_lost = False
            try:
                self._serve(connection)
            except _FAILURES as error:
                if not self._closing.is_set():
                    logger.warning("RabbitMQ was lost (%s)", type(error).__name__)
                    was_lost = True
            finally:
                with contextlib.suppress(*_FAILURES):
                    connection.close()

    def _refuse(self, error: Exception) -> None:
        """Tell those who wait for a confirm that there is no broker."""
        while True:
            try:
                request = self._requests.get_nowait()
            except queue.Empty:
                return
            request.error = error
            request.done.set()

    def _serve(self, connection: pika.BlockingConnection) -> None:
        channel = connection.channel()
        channel.confirm_delivery()
        declare(channel, self._queue)
        is_consuming = False
        while not self._closing.is_set():
            if self._consume.is_set() and not is_consuming:
                channel.basic_qos(prefetch_count=1)
                channel.basic_consume(self._queue, self._deliver)
                is_consuming = True
            self._publish_waiting(channel)
            connection.process_data_events(time_limit=POLL_SECONDS)
            if is_consuming and not channel.consumer_tags:
                is_consuming = False  # the server cancelled us, as when the queue moved

    def _publish_waiting(self, channel: Any) -> None:
        deadline = time.monotonic() + 0.05
        while time.monotonic() < deadline:
            try:
                request = self._requests.get_nowait()
            except queue.Empty:
                return
            if request.abandoned:
                continue
            try:
                channel.basic_publish(
                    "",
                    self._queue,
                    request.body,
                    pika.BasicProperties(content_type="application/json", delivery_mode=2),
                    mandatory=True,
                )
            except _FAILURES as error:
                request.error = error
                request.done.set()
                raise
            request.done.set()

    def _deliver(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        try:
            message = decode_message(body)
        except MessageNotUnderstood as error:
            logger.warning("%s; it goes to the dead queue", error)
            channel.basic_publish(
                "",
                dead_queue(self._queue),
                body,
                pika.BasicProperties(headers={"x-reason": str(error)[:200]}, delivery_mode=2),
            )
            channel.basic_ack(method.delivery_tag)
            return
        channel.basic_ack(method.delivery_tag)
        self._arrived.put(message.job_id)


class _Request:
    """A message on its way to the thread, and what became of it."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.done = threading.Event()
        self.error: Exception | None = None
        self.abandoned = False


def dead_queue(name: str) -> str:
    """Where messages go that nobody understands."""
    return f"{name}.dead"


def declare(channel: Any, name: str) -> None:
    """The queue and its dead companion; quorum queues survive a broker that is killed."""
    for each in (name, dead_queue(name)):
        channel.queue_declare(each, durable=True, arguments={"x-queue-type": "quorum"})
