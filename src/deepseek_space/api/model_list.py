"""The models that answer, as OpenAI's clients read them. Knows no route."""

from typing import Any

from deepseek_space.status import Status


def models_json(status: Status) -> dict[str, Any]:
    """Return the list of models: the one that answers, if there is one."""
    return {"object": "list", "data": [model_json(status)] if status.state == "ready" else []}


def model_json(status: Status) -> dict[str, Any]:
    """Return the model that answers."""
    card = {"id": status.model, "object": "model", "created": 0, "owned_by": "deepseek-space"}
    return {**card, "max_model_len": status.context_tokens} if status.context_tokens else card
