"""The adviser against a real HTTP server that speaks Ollama's API."""

from __future__ import annotations

import socket

import pytest

from oraferry.ai import OllamaAdvisor, compare_schemas_with_ollama_ai
from oraferry.ai import ollama as adapter
from oraferry.config import Settings
from oraferry.errors import AdvisorError, ConfigError
from tests.fix_ollama import MODEL

ORACLE = 'CREATE TABLE "HR"."T" ("ID" NUMBER(9,0) NOT NULL ENABLE, "WORD" VARCHAR2(10))'
POSTGRES = 'CREATE TABLE "hr"."t" (\n  "id" integer NOT NULL\n);'
DOUBT = {"is_compatible": False, "issues": ["the column WORD\nis missing in PostgreSQL"]}


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(adapter, "PAUSE_SECONDS", 0.01)


@pytest.fixture
def advisor(ollama_server):
    """An adviser that waits a second at most."""
    return OllamaAdvisor(ollama_server.url, MODEL, timeout_seconds=1)


@pytest.mark.parametrize(
    ("purpose", "prompt", "words"),
    [
        ("data", "data_migration.v1", "Compare only the names of the columns"),
        ("schema", "comprehensive.v1", "primary, unique and foreign keys"),
    ],
)
def test_both_definitions_are_asked_about_with_the_prompt_of_the_purpose(
    advisor, ollama_server, purpose, prompt, words
):
    """
    The answer becomes advice with its origin; what was sent is the prompt and the two texts.
    """
    ollama_server.answer_with(DOUBT)

    advice = advisor.compare_ddl(ORACLE, POSTGRES, purpose)

    assert (False, MODEL, prompt) == (advice.is_compatible, advice.model, advice.prompt)
    assert ("the column WORD is missing in PostgreSQL",) == advice.issues
    (request,) = ollama_server.requests
    system, user = request["messages"]
    assert words in system["content"]
    assert ORACLE in user["content"] and POSTGRES in user["content"]
    assert {"is_compatible", "issues"} == set(request["format"]["properties"])
    assert 0 == request["options"]["temperature"]
    assert request["stream"] is False


@pytest.mark.parametrize("failure", ["error", "nonsense", "other", "html", "broken", "slow"])
def test_a_passing_failure_is_tried_again(advisor, ollama_server, failure):
    """
    After one failure of a kind that may pass, the next answer counts.
    """
    ollama_server.answer_with(failure, DOUBT)

    assert advisor.compare_ddl(ORACLE, POSTGRES, "schema").is_compatible is False
    assert 2 == len(ollama_server.requests)


@pytest.mark.parametrize(
    ("failure", "tries", "words"),
    [
        ("error", 3, "answered with error 500"),
        ("nonsense", 3, "did not answer in the form"),
        ("other", 3, "did not answer in the form"),
        ("html", 3, "does not speak Ollama's API"),
        ("broken", 3, "broke off"),
        ("slow", 3, "did not answer within 0.2 s"),
        ("cut", 1, "was cut off"),
    ],
)
def test_a_lasting_failure_is_an_adviser_error(ollama_server, failure, tries, words):
    """
    No usable answer is one clear error after a bounded number of tries, without the answer.
    """
    ollama_server.answer_with(failure)
    advisor = OllamaAdvisor(ollama_server.url, MODEL, timeout_seconds=0.2)

    with pytest.raises(AdvisorError) as refused:
        advisor.compare_ddl(ORACLE, POSTGRES, "schema")

    assert words in refused.value.message
    assert "great" not in refused.value.message
    assert tries == len(ollama_server.requests)


def test_a_missing_model_says_how_to_get_it(ollama_server):
    """
    404 names the model and the command, and is not tried again.
    """
    with pytest.raises(AdvisorError, match="does not have the model absent") as refused:
        OllamaAdvisor(ollama_server.url, "absent", 1).compare_ddl(ORACLE, POSTGRES, "data")

    assert "ollama pull absent" in refused.value.hint
    assert 1 == len(ollama_server.requests)


def test_a_server_that_is_down_is_named_without_its_password():
    """
    A closed port is said at once, by host and port only.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    with pytest.raises(AdvisorError) as refused:
        OllamaAdvisor(f"http://me:hunter2@127.0.0.1:{port}", MODEL, 1).compare_ddl("a", "b", "data")

    assert f"127.0.0.1:{port} cannot be reached" in refused.value.message
    assert "hunter2" not in refused.value.message


def test_definitions_beyond_the_context_are_refused_before_asking(advisor, ollama_server):
    """
    A server cuts a prompt that is too long in silence, so it is never sent.
    """
    with pytest.raises(AdvisorError, match="too long"):
        advisor.compare_ddl(ORACLE * 2000, POSTGRES, "schema")

    assert [] == ollama_server.requests


def test_a_local_server_is_asked_without_the_proxy(ollama_server, monkeypatch):
    """
    A proxy of the environment never sees what is meant for this machine.
    """
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    advice = OllamaAdvisor(ollama_server.url, MODEL, 5).compare_ddl(ORACLE, POSTGRES, "data")

    assert advice.is_compatible


def test_the_public_function_reads_the_settings(ollama_server):
    """
    compare_schemas_with_ollama_ai gives is_compatible and issues, by data_migration_mode.
    """
    ollama_server.answer_with(DOUBT)
    settings = Settings(ai_url=ollama_server.url, ai_model=MODEL)

    for mode, words in ((True, "only the names"), (False, "careful database engineer")):
        opinion = compare_schemas_with_ollama_ai(ORACLE, POSTGRES, mode, settings=settings)
        assert opinion.is_compatible is False
        assert 1 == len(opinion.issues)
        assert words in ollama_server.requests[-1]["messages"][0]["content"]


def test_without_a_model_server_the_setting_is_named():
    """
    No ai_url is a setting to make, not a silent agreement.
    """
    with pytest.raises(ConfigError, match="ai_url"):
        compare_schemas_with_ollama_ai(ORACLE, POSTGRES, True, settings=Settings())
