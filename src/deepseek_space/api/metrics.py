"""``GET /metrics``: the backend's figures in Prometheus' text form. Reads ``status()`` and nothing else.

Counters start again when the model is changed, which Prometheus' ``rate`` takes into account.
"""

from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from deepseek_space.api.access.door import Door
from deepseek_space.backends.base import Backend
from deepseek_space.figures import Figures, Histogram
from deepseek_space.status import Status

PREFIX = "deepseek_space_"
Used = Mapping[str, Mapping[str, int]]
_OF_A_KEY = (
    ("requests", "Requests that were let in with this key"),
    ("prompt_tokens", "Prompt tokens of its replies that ended"),
    ("generated_tokens", "Tokens generated for it"),
)
_COUNTERS = (
    ("requests", "Requests taken in", lambda figures: figures.requests),
    ("requests_rejected", "Requests turned away because the queue was full", lambda figures: figures.rejected),
    ("request_errors", "Requests that broke off", lambda figures: figures.errors),
    ("prompt_tokens", "Prompt tokens, the cached ones included", lambda figures: figures.prompt_tokens),
    ("cached_prompt_tokens", "Prompt tokens found in the prefix cache", lambda figures: figures.cached_tokens),
    ("generated_tokens", "Tokens generated", lambda figures: figures.generated_tokens),
    ("drafted_tokens", "Tokens guessed from the conversation's own text", lambda figures: figures.drafted_tokens),
    ("accepted_tokens", "Guessed tokens that were the ones chosen", lambda figures: figures.accepted_tokens),
    ("engine_steps", "Passes through the model", lambda figures: figures.steps),
)


def metrics_text(backend: Backend, used: Used | None = None) -> str:
    """Return all metrics of ``backend`` now; those of the engine only where it has one, and what keys have ``used``."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_StatusCollector(backend.status()))
    if used:
        registry.register(_KeyCollector(used))
    return generate_latest(registry).decode()


def install(app: FastAPI | APIRouter, backend: Backend, *, door: Door | None = None) -> None:
    """Add ``GET /metrics`` to ``app``.

    Where the ``door`` asks for a key, one is asked for by HTTP Basic too, as scrapers cannot fill in a log-in page.
    """

    def metrics() -> Response:
        return Response(metrics_text(backend, door.used() if door else None), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    guards = [Depends(_guard(door))] if door and door.keys else []
    app.add_api_route("/metrics", metrics, methods=["GET"], dependencies=guards, include_in_schema=False)


def _guard(door: Door) -> Callable[[Request], None]:
    # FastAPI's own HTTPBasic reads ASCII only; --auth allows any character.
    def check(request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        is_known = door.keys.holder(_decoded(given)) is not None if scheme.lower() == "basic" else False
        if not is_known and not door.is_open_to(request):
            raise HTTPException(
                status_code=401,
                detail="Give the name and the password of --auth, or a key.",
                headers={"WWW-Authenticate": 'Basic realm="metrics", charset="UTF-8"'},
            )

    return check


def _decoded(given: str) -> bytes:
    try:
        return b64decode(given.strip())
    except NoBase64:
        return b""


class _KeyCollector(Collector):
    """Tells what each key has used, by its name."""

    def __init__(self, used: Used) -> None:
        self._used = used

    def collect(self) -> Iterator[Metric]:
        for name, text in _OF_A_KEY:
            family = CounterMetricFamily(f"{PREFIX}key_{name}", text, labels=["key"])
            for key, counts in self._used.items():
                family.add_metric([key], counts.get(name, 0))
            yield family


class _StatusCollector(Collector):
    """Turns one status into metric families; made anew for each scrape, so nothing is registered globally."""

    def __init__(self, status: Status) -> None:
        self._status = status

    def collect(self) -> Iterator[Metric]:
        status = self._status
        labels = {"model": status.model, "precision": status.precision, "device": status.device}
        info = GaugeMetricFamily(PREFIX + "model_info", "The model that answers; always 1", labels=list(labels))
        info.add_metric(list(labels.values()), 1)
        yield info
        yield _gauge("model_ready", "1 if the model can answer", int(status.state == "ready"))
        yield _gauge("running_requests", "Requests in the batch", status.active_requests)
        yield _gauge("queued_requests", "Requests that wait for a place", status.queued_requests)
        if status.figures is not None:
            yield from _engine_families(status.figures)


def _engine_families(figures: Figures) -> Iterator[Metric]:
    for name, text, value in _COUNTERS:
        yield CounterMetricFamily(PREFIX + name, text, value=value(figures))
    yield _histogram("time_to_first_token_seconds", "From submission to the first token", figures.time_to_first_token_s)
    yield _gauge("cache_bytes", "Bytes of running rows' caches and kept prefixes", figures.cache_bytes)
    yield _gauge("kept_prefix_bytes", "Bytes of kept prefixes alone", figures.kept_bytes)
    yield _gauge("kept_prefix_limit_bytes", "The most that kept prefixes may take", figures.kept_limit_bytes)
    yield _gauge("weight_bytes", "Bytes of the model's weights", figures.weight_bytes)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, text, value=value)


def _histogram(name: str, text: str, histogram: Histogram) -> Metric:
    bounds = (*map(str, histogram.bounds), "+Inf")
    buckets = list(zip(bounds, accumulate(histogram.counts), strict=True))
    return HistogramMetricFamily(PREFIX + name, text, buckets=buckets, sum_value=histogram.total)
