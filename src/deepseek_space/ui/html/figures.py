"""The figures of a reply in words: a line that unfolds into all of them. Knows no messages."""

from html import escape

from deepseek_space.chat.turns.turn import ReplySettings
from deepseek_space.events import Usage
from deepseek_space.ui.words.amounts import token_text
from deepseek_space.ui.words.language import say

_FINISH = {
    "stop": "the model ended its answer",
    "length": "cut off at the most new tokens allowed",
    "time": "cut off as its time on the graphics card was up",
    "cancelled": "stopped by you, or left alone for too long",
    "error": "broken off by an error",
}


def figures(usage: Usage, settings: ReplySettings | None = None) -> str:
    """Return HTML: a summary that unfolds into a table, with the parameters where ``settings`` are given."""
    tokens = token_text(usage.generated_tokens)
    # The rate is that of all tokens but the first: with one there is none.
    rate = f"{usage.tokens_per_second:.1f}" if usage.tokens_per_second else ""
    reply = say("{tokens} at {rate} per second", tokens=tokens, rate=rate) if rate else tokens
    rows = {
        say("Model"): usage.model,
        say("Parameters"): parameters(settings) if settings else "",
        say("Prompt"): _prompt(usage),
        say("Reply"): reply,
        say("First token"): say("after {seconds} s", seconds=f"{usage.time_to_first_token_s:.3f}"),
        say("End"): say(_FINISH[usage.finish_reason]),
    }
    table = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows.items() if value
    )
    summary = _summary(usage, [tokens, say("{rate} tokens/s", rate=rate) if rate else ""])
    return f'<details class="ds-figures"><summary>{summary}</summary><table><tbody>{table}</tbody></table></details>'


def _prompt(usage: Usage) -> str:
    tokens = token_text(usage.prompt_tokens) if usage.prompt_tokens else ""
    if usage.cached_tokens is None:
        return tokens
    return say("{tokens}, {cached} of them remembered", tokens=tokens, cached=f"{usage.cached_tokens:,}")


def _summary(usage: Usage, speed: list[str]) -> str:
    # A phone has one line, and no room in it for the two ends.
    first = say("first after {seconds} s", seconds=f"{usage.time_to_first_token_s:.2f}")
    return (
        f'<span class="ds-roomy">{escape(usage.model)} · </span>{escape(" · ".join(filter(None, speed)))}'
        f'<span class="ds-roomy"> · {escape(first)}</span>'
    )


def parameters(settings: ReplySettings) -> str:
    """Return how a reply was asked for, in one line; what is off is left out."""
    sampling = settings.sampling
    parts = [
        say("temperature {value}", value=f"{sampling.temperature:g}"),
        f"top-p {sampling.top_p:g}",
        f"top-k {sampling.top_k}" if sampling.top_k else "",
        f"min-p {sampling.min_p:g}" if sampling.min_p else "",
        say("repetition penalty {value}", value=f"{sampling.repetition_penalty:g}")
        if sampling.repetition_penalty != 1
        else "",
        say("at most {count} new tokens", count=f"{sampling.max_new_tokens:,}"),
        say("seed {value}", value=sampling.seed) if sampling.seed is not None else "",
        say("{count} stop strings", count=len(sampling.stop)) if sampling.stop else "",
        {True: say("thinking on"), False: say("thinking off"), None: ""}[settings.thinking],
        say("at most {count} tokens of thought", count=f"{settings.thinking_budget:,}")
        if settings.thinking_budget is not None
        else "",
        say("with a system prompt") if settings.system_prompt.strip() else "",
    ]
    return ", ".join(filter(None, parts))
