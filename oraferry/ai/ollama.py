"""Ask a model behind Ollama's API, and believe only a whole, well-formed answer.

Only the two DDL texts leave this process. Facts about the client (0.6): a server that is
down raises the builtin ConnectionError, a slow one httpx.ReadTimeout, an answer cut at the
model's limit raises nothing (``done_reason`` is "length"), and without a timeout it waits
for ever. A prompt beyond ``num_ctx`` is cut by the server without a word.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from importlib import resources
from typing import Annotated
from urllib.parse import urlsplit

import httpx
import ollama
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from oraferry.config import Settings, load_settings
from oraferry.errors import AdvisorError
from oraferry.ports import Advice, Purpose

logger = logging.getLogger(__name__)

PROMPTS: dict[Purpose, str] = {"data": "data_migration.v1", "schema": "comprehensive.v1"}
TRIES = 3
PAUSE_SECONDS = 0.3  # before the second try; doubled before the third
# Characters of DDL per token, on the careful side, and what the answer may take.
CHARACTERS_PER_TOKEN = 3
ANSWER_TOKENS = 2048
SMALLEST_CONTEXT = 4096
LARGEST_CONTEXT = 32768


class SchemaOpinion(BaseModel):
    """What the model is made to answer."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    is_compatible: bool
    issues: list[Annotated[str, StringConstraints(min_length=1, max_length=1000)]] = Field(
        max_length=100
    )


def compare_schemas_with_ollama_ai(
    oracle_ddl: str,
    postgres_ddl: str,
    data_migration_mode: bool = False,
    *,
    settings: Settings | None = None,
) -> SchemaOpinion:
    """
    A model's opinion on whether the PostgreSQL table can take the Oracle table's place.

    *data_migration_mode* compares the names of columns only. Raises AdvisorError when no
    usable answer came, ConfigError when no model server is set.
    """
    settings = settings or load_settings()
    advisor = OllamaAdvisor(
        settings.require("ai_url"), settings.ai_model, settings.ai_timeout_seconds
    )
    purpose: Purpose = "data" if data_migration_mode else "schema"
    advice = advisor.compare_ddl(oracle_ddl, postgres_ddl, purpose)
    return SchemaOpinion(is_compatible=advice.is_compatible, issues=list(advice.issues))


class OllamaAdvisor:
    """The Advisor port over one model server."""

    def __init__(self, url: str, model: str, timeout_seconds: float) -> None:
        self._url = url
        self._model = model
        self._timeout_seconds = timeout_seconds
        # A proxy from the environment must not see what is meant for this machine.
        self._client = ollama.Client(
            host=url, timeout=timeout_seconds, trust_env=not _is_local(url)
        )

    def compare_ddl(self, source_ddl: str, target_ddl: str, purpose: Purpose) -> Advice:
        """AdvisorError when no usable answer came in time."""
        prompt = PROMPTS[purpose]
        question = (
            f"Oracle:\n```sql\n{source_ddl.strip()}\n```\n\n"
            f"PostgreSQL:\n```sql\n{target_ddl.strip()}\n```\n"
        )
        opinion = self._ask(read_prompt(prompt), question)
        issues = tuple(" ".join(issue.split()) for issue in opinion.issues)
        return Advice(opinion.is_compatible, issues, self._model, prompt)

    def _ask(self, instruction: str, question: str) -> SchemaOpinion:
        context = _choose_context(len(instruction) + len(question))
        for attempt in range(1, TRIES + 1):
            try:
                return self._ask_once(instruction, question, context)
            except _WorthAnotherTry as failure:
                if attempt == TRIES:
                    raise AdvisorError(failure.message, hint=failure.hint) from failure.__cause__
                logger.info(
                    "asking the model again: %s", failure.message, extra={"action": "advice.retry"}
                )
                time.sleep(PAUSE_SECONDS * 2 ** (attempt - 1))
        raise AssertionError("the last try returned or raised")

    def _ask_once(self, instruction: str, question: str, context: int) -> SchemaOpinion:
        try:
            answer = self._client.chat(
                model=self._model,
                messages=[
                    {"role": "system", "content": instruction},
                    {"role": "user", "content": question},
                ],
                format=SchemaOpinion.model_json_schema(),
                options={
                    "temperature": 0,
                    "seed": 1,
                    "num_ctx": context,
                    "num_predict": ANSWER_TOKENS,
                },
            )
        except ollama.ResponseError as error:
            raise self._translate(error) from error
        except ConnectionError as error:
            raise AdvisorError(
                f"the model server at {self._shown} cannot be reached",
                hint="start it (ollama serve), correct ai_url, or set ai to off",
            ) from error
        except httpx.TimeoutException as error:
            raise _WorthAnotherTry(
                f"the model {self._model} did not answer within {self._timeout_seconds:g} s",
                hint="raise ai_timeout_seconds or choose a smaller model",
            ) from error
        except (httpx.HTTPError, ValueError) as error:
            # ValueError: the body was no JSON, or not Ollama's (pydantic's is one too).
            raise _WorthAnotherTry(
                f"the model server at {self._shown} broke off or does not speak Ollama's API"
            ) from error
        if answer.done_reason == "length":
            raise AdvisorError(
                f"the answer of {self._model} was cut off at its limit",
                hint="choose a model with a larger context",
            )
        try:
            return SchemaOpinion.model_validate_json(answer.message.content or "")
        except ValidationError as error:
            raise _WorthAnotherTry(
                f"the model {self._model} did not answer in the form it was asked for"
            ) from error

    def _translate(self, error: ollama.ResponseError) -> AdvisorError:
        if error.status_code == 404:
            return AdvisorError(
                f"the model server at {self._shown} does not have the model {self._model}",
                hint=f"ollama pull {self._model}, or set ai_model to one that `ollama list` shows",
            )
        message = f"the model server at {self._shown} answered with error {error.status_code}"
        if error.status_code >= 500 or error.status_code < 0:
            return _WorthAnotherTry(message)
        return AdvisorError(message)

    @property
    def _shown(self) -> str:
        """The address without a user or password that may stand in it."""
        parts = urlsplit(self._url if "//" in self._url else f"//{self._url}")
        return parts.netloc.rpartition("@")[2]


class _WorthAnotherTry(AdvisorError):
    """Something that may be different a moment later."""


def read_prompt(name: str) -> str:
    """The text of a prompt file."""
    file = resources.files("oraferry.ai") / "prompts" / f"{name}.md"
    return file.read_text(encoding="utf-8")


def _choose_context(characters: int) -> int:
    needed = characters // CHARACTERS_PER_TOKEN + ANSWER_TOKENS
    if needed > LARGEST_CONTEXT:
        raise AdvisorError(f"the definitions are too long for a model ({characters} characters)")
    context = SMALLEST_CONTEXT
    while context < needed:
        context *= 2
    return context


def _is_local(url: str) -> bool:
    host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
