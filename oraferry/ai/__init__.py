"""A model's second opinion on two definitions. It adds doubts; it never erases a finding."""

from oraferry.ai.ollama import OllamaAdvisor, SchemaOpinion, compare_schemas_with_ollama_ai

__all__ = ["OllamaAdvisor", "SchemaOpinion", "compare_schemas_with_ollama_ai"]
