"""Who is let in over the routes, how often and how many at once, by OpenAI's own client; and what /metrics tells."""

import threading

import anthropic
import openai
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from deepseek_space.api import metrics
from deepseek_space.api.access.door import Door, Limits
from deepseek_space.api.routes import install
from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.keys import read_keys

KEYS = read_keys(password="ada:secret", written="sk-one")
NO_LIMITS = Limits()


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


class Service:
    """The routes behind a door."""

    def __init__(self, limits=NO_LIMITS, keys=KEYS, backend=None):
        self.clock = Clock()
        self.app = FastAPI()
        self.door = Door(keys, limits, clock=self.clock)
        install(self.app, backend or ScriptedBackend(delay_s=0), door=self.door)
        metrics.install(self.app, ScriptedBackend(), door=self.door)

    def http(self, address="192.168.1.5"):
        return TestClient(self.app, base_url="http://app", client=(address, 1))

    def client(self, key="sk-one", address="192.168.1.5"):
        http = self.http(address)
        return openai.OpenAI(base_url="http://app/v1", api_key=key, http_client=http, max_retries=0)

    def ask(self, *args, **options):
        asked = [{"role": "user", "content": "hi"}]
        return self.client(*args).chat.completions.create(model="", messages=asked, **options)


def test_each_of_the_keys_opens_and_no_other():
    service = Service()
    for key in ("sk-one", "ada:secret"):
        assert service.ask(key).choices
    with pytest.raises(openai.AuthenticationError):
        service.ask("sk-two")


def test_a_key_may_ask_so_often_a_minute_wherever_it_is_used():
    service = Service(Limits(per_minute=2))
    for address in ("192.168.1.5", "192.168.1.6"):
        service.ask("sk-one", address)
    with pytest.raises(openai.RateLimitError, match="2 requests a minute for one key") as refused:
        service.ask("sk-one", "192.168.1.7")
    assert int(refused.value.response.headers["retry-after"]) == 30
    assert service.ask("ada:secret", "192.168.1.8").choices
    claude = anthropic.Anthropic(base_url="http://app", api_key="sk-one", http_client=service.http(), max_retries=0)
    with pytest.raises(anthropic.RateLimitError):
        claude.messages.create(model="", max_tokens=9, messages=[{"role": "user", "content": "hi"}])
    service.clock.now_s = 31
    assert service.ask("sk-one").choices


def test_an_address_may_ask_so_often_where_there_are_no_keys():
    service = Service(Limits(per_minute=1), keys=read_keys())
    service.ask("none")
    with pytest.raises(openai.RateLimitError, match="for one address"):
        service.ask("none")
    assert service.ask("none", "192.168.1.6").choices
    for _ in range(3):  # behind a proxy nobody is told apart
        assert service.ask("none", "127.0.0.1").choices


class Slow(ScriptedBackend):
    """Says a word, and the rest when it may."""

    def __init__(self):
        super().__init__(delay_s=0)
        self.begun, self.may_end = threading.Event(), threading.Event()

    def stream(self, request):
        for event in super().stream(request):
            yield event
            self.begun.set()
            assert self.may_end.wait(20)


def test_a_reply_holds_its_place_until_it_has_ended():
    backend = Slow()
    service = Service(Limits(at_once=1), backend=backend)
    replies = []
    first = threading.Thread(target=lambda: replies.append("".join(map(str, service.ask(stream=True)))))
    first.start()
    assert backend.begun.wait(20)
    with pytest.raises(openai.RateLimitError, match="1 replies at once for one key"):
        service.ask()
    backend.may_end.set()
    first.join(20)
    assert replies
    assert service.ask().choices


def test_what_a_key_has_used_is_told_to_whoever_brings_one():
    service = Service()
    usage = service.ask().usage
    service.ask(stream=True).close()
    http = service.http()
    assert http.get("/metrics").status_code == 401
    text = http.get("/metrics", auth=("ada", "secret")).text
    assert http.get("/metrics", headers={"authorization": "Bearer sk-one"}).status_code == 200
    name = KEYS.holder(b"sk-one")
    assert f'deepseek_space_key_requests_total{{key="{name}"}} 2.0' in text
    assert 'deepseek_space_key_requests_total{key="ada"} 0.0' in text
    assert f'deepseek_space_key_prompt_tokens_total{{key="{name}"}}' in text
    assert service.door.used()[name]["generated_tokens"] >= usage.completion_tokens
    assert "sk-one" not in text
