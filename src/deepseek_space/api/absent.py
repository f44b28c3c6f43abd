"""What is asked for and is not there, in words: another route, or what text models do not do. Knows no backend."""

from collections.abc import Mapping

from fastapi import Request, Response

from deepseek_space.api.wire.errors import refused

METHODS: Mapping[str, str] = {"models": "GET"} | dict.fromkeys(
    ("chat/completions", "completions", "messages", "messages/count_tokens"), "POST"
)
_THERE = "There are /v1/models, /v1/chat/completions, /v1/completions and /v1/messages."
_REASONS = {
    "responses": "Ask the same of /v1/chat/completions.",
    "embeddings": "The models here write text and make no embeddings.",
    "audio": "The models here take and make no sound.",
    "images": "The models here take and make no pictures.",
    "moderations": "The models here judge nothing but by being asked.",
    "files": "No files are kept here. Put their text into the message.",
    "batches": "Nothing is kept here to be done later. Ask for each reply.",
    "fine_tuning": "Models are not trained here.",
    "assistants": "No conversations are kept here. Send all of it to /v1/chat/completions.",
    "threads": "No conversations are kept here. Send all of it to /v1/chat/completions.",
}


async def nothing(request: Request) -> Response:
    """Answer a request to what is not there, or not by this method."""
    path = request.path_params["rest"].strip("/")
    method = METHODS.get(path.split("/")[0] if path.startswith("models/") else path)
    if method is not None:
        return refused(405, f"/v1/{path} wants {method}.")
    return refused(404, f"There is no /v1/{path} here. {_REASONS.get(path.split('/')[0], _THERE)}")
