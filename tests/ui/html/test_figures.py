from dataclasses import replace

from deepseek_space.chat.turns.turn import ReplySettings
from deepseek_space.events import Usage
from deepseek_space.types import Sampling
from deepseek_space.ui.html.figures import figures, parameters

USAGE = Usage(
    model="<b>model</b>",
    prompt_tokens=1200,
    cached_tokens=200,
    generated_tokens=64,
    time_to_first_token_s=0.246,
    tokens_per_second=31.25,
    finish_reason="stop",
)


def test_a_line_unfolds_into_all_figures_with_their_texts_escaped():
    html = figures(USAGE, ReplySettings(sampling=Sampling(temperature=0.6)))
    for figure in ("64 tokens", "31.2 tokens/s", "first after 0.25 s", "200 of them remembered", "temperature 0.6"):
        assert figure in html
    assert "<b>" not in html


def test_one_token_has_no_rate():
    html = figures(replace(USAGE, generated_tokens=1, tokens_per_second=0.0))
    assert "1 token" in html
    assert "per second" not in html
    assert "tokens/s" not in html


def test_a_reply_that_was_stopped_says_so_and_not_what_nobody_has_counted():
    html = figures(replace(USAGE, cached_tokens=None, finish_reason="cancelled"))
    assert "1,200 tokens" in html
    assert "remembered" not in html
    assert "stopped by you" in html
    assert "Prompt" not in figures(replace(USAGE, prompt_tokens=0, cached_tokens=None))


def test_parameters_that_are_off_are_left_out():
    assert parameters(ReplySettings()) == "temperature 0.7, top-p 0.95, at most 1,024 new tokens"
    sampling = Sampling(top_k=40, min_p=0.1, repetition_penalty=1.1, seed=0, stop=("x",))
    settings = ReplySettings(sampling=sampling, thinking=False, thinking_budget=100, system_prompt="Be brief.")
    for part in ("top-k 40", "min-p 0.1", "penalty 1.1", "seed 0", "1 stop", "thinking off", "100 tokens", "system"):
        assert part in parameters(settings)
