"""The servers beside the two databases: a real RabbitMQ, and a server that speaks Ollama's API."""

from __future__ import annotations

import os
import signal

import pytest

from tests.e2e.test_migrate import load_orders
from tests.fix_ollama import MODEL


@pytest.fixture
def advised(ferry, ollama_server):
    """With a model server."""
    ferry.environment |= {"ORAFERRY_AI_URL": ollama_server.url, "ORAFERRY_AI_MODEL": MODEL}
    return ferry


def test_ping_reaches_every_part(advised, rabbitmq_url):
    """
    Source, target, store, broker and model each say what they are; all well is 0.
    """
    result = advised.run("ping", "--json", ORAFERRY_BROKER_URL=rabbitmq_url)

    answers = {answer["part"]: answer for answer in result.data}
    assert (0, ["source", "target", "store", "broker", "model"]) == (result.code, list(answers))
    assert "Oracle" in answers["source"]["answer"]
    assert "PostgreSQL" in answers["target"]["answer"]
    assert MODEL in answers["model"]["answer"]


@pytest.mark.parametrize(
    ("variables", "part"),
    [
        ({"ORAFERRY_BROKER_URL": "amqp://guest:hunter2@127.0.0.1:1/"}, "broker"),
        ({"ORAFERRY_AI_MODEL": "no-such-model"}, "model"),
        ({"ORAFERRY_AI_URL": "http://127.0.0.1:1"}, "model"),
    ],
    ids=["broker away", "model missing", "model server away"],
)
def test_ping_names_the_part_that_fails(advised, variables, part):
    """
    What does not answer is named, with a hint, and the exit code is 6.
    """
    result = advised.run("ping", "--json", **variables)

    failed = [answer for answer in result.data if not answer["ok"]]
    assert (6, [part]) == (result.code, [answer["part"] for answer in failed])
    assert failed[0]["hint"]
    assert "hunter2" not in result.out + result.err


def test_a_job_over_rabbitmq(ferry, oracle, rabbitmq_url, read_target):
    """
    Given a broker, when a job is submitted and a worker runs elsewhere, then it is done.
    """
    load_orders(oracle, 500)
    ferry.environment["ORAFERRY_BROKER_URL"] = rabbitmq_url
    submitted = ferry.run("migrate", "--table", f"{oracle.schema}.ORDERS", "--queue")
    assert 0 == submitted.code, submitted.err

    worker = ferry.start("worker")

    assert 0 == ferry.run("jobs", "follow", submitted.out.strip()).code
    assert [(500,)] == read_target(f"SELECT count(*) FROM {oracle.schema.lower()}.orders")
    os.killpg(worker.pid, signal.SIGTERM)
    assert 0 == ferry.finish(worker).code


def test_a_model_adds_a_doubt_and_only_its_absence_can_fail(
    advised, oracle, ollama_server, read_target
):
    """
    Given a target table that fits, then the model's doubt is shown with its name; a model server
    that is away is a note, and an error only when an opinion is required.
    """
    load_orders(oracle, 10)
    words = ["--table", f"{oracle.schema}.ORDERS"]
    assert 0 == advised.run("migrate", *words).code
    ollama_server.answer_with({"is_compatible": False, "issues": ["AT may lose its zone"]})

    doubted = advised.run("compare", *words, "--ai", "on")
    ollama_server.answer_with("error")
    noted = advised.run("compare", *words, "--ai", "on")
    required = advised.run("compare", *words, "--ai", "required")

    assert (3, 0, 6) == (doubted.code, noted.code, required.code), required.err
    assert "AT may lose its zone" in doubted.out and f"ai:{MODEL}" in doubted.out
    assert "the model gave no opinion" in noted.out
    assert [(10,)] == read_target(f"SELECT count(*) FROM {oracle.schema.lower()}.orders")
