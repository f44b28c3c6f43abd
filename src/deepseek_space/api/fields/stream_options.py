"""How a stream is to be sent, as OpenAI's clients say it. Knows no route."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class StreamOptions(BaseModel):
    """``include_usage`` asks for the figures at the end; they are left out otherwise."""

    model_config = ConfigDict(extra="forbid")

    include_usage: bool = False
    include_obfuscation: Literal[False] = False
