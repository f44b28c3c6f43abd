"""Does memory come back? Twenty people use everything for ten minutes; the app must end where its second minute ended.

They chat turn by turn, begin anew, ask for code, complete texts, ask over /v1, leave in mid-reply, attach files and
open the page, each with a session of their own. What is kept of their chats has a bound that is reached within the two
minutes, so that whatever grows after them is a leak.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from statistics import median

import httpx
import measure
import psutil
from prometheus_client.parser import text_string_to_metric_families

REACH = 1.05
WORDS = ("lighthouse", "storm", "keeper", "harbour", "letter", "winter", "engine", "garden", "river", "copper")
LANGUAGES = ("Python", "Rust", "SQL")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--settled", type=float, default=120, help="seconds after which memory may grow no more")
    parser.add_argument("--tokens", type=int, default=24, help="most tokens of a reply")
    parser.add_argument("--kept", type=int, default=128, help="most MiB that are kept of earlier chats")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: shows that it runs, not how it ends")
    options = parser.parse_args()
    if options.quick:
        options.people, options.seconds, options.settled, options.kept = 6, 20, 10, 8
    with running_app(options.kept) as (process, url):
        people = [Person(url, seed=seed, tokens=options.tokens) for seed in range(options.people)]
        samples = watch(process, url, people, options)
    report(options, people, samples)


class Person:
    """One visitor: does something, and then something else, until told to stop."""

    def __init__(self, url: str, *, seed: int, tokens: int) -> None:
        self.did: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._tokens = tokens
        self._http = httpx.Client(base_url=url.rstrip("/"), timeout=120)
        self._history: list[dict[str, str]] = []
        self._session = f"soak{seed}{self._random.random()}"
        self._ways: dict[str, Callable[[], None]] = {
            "turn": self._turn,
            "new chat": self._new_chat,
            "code": self._code,
            "complete": self._complete,
            "v1": self._over_v1,
            "left": self._leave,
            "file": self._attach,
            "page": self._open_page,
        }

    def live(self, is_over: Callable[[], bool]) -> None:
        """Use the app until ``is_over``; what is refused because too many ask at once is counted."""
        names = list(self._ways)
        while not is_over():
            name = self._random.choices(names, weights=(8, 2, 1, 1, 2, 2, 1, 1))[0]
            try:
                self._ways[name]()
                self.did[name] += 1
            except (httpx.HTTPError, RuntimeError) as error:
                self.did[f"failed: {error}"[:80]] += 1
                time.sleep(0.5)

    def _text(self, words: int) -> str:
        return " ".join(self._random.choices(WORDS, k=words))

    def _turn(self) -> None:
        question = self._text(12)
        answer = self._call("chat", [question, self._history, "", None, None, False, 0.7, None, None, None, None])
        self._history += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        if len(self._history) > 12:
            self._history = []

    def _new_chat(self) -> None:
        self._history = []
        self._turn()

    def _code(self) -> None:
        self._call("code", [self._text(8), self._random.choice(LANGUAGES), [], {}, None, None, None, None, None])

    def _complete(self) -> None:
        self._call("complete", [self._text(30), "", None, None, None, None, None])

    def _call(self, name: str, data: list[object]) -> str:
        """Ask an endpoint of the page in this person's session; return its last answer."""
        body = {"data": [*data, self._tokens, None, []], "session_hash": self._session}
        call = self._http.post(f"/gradio_api/call/{name}", json=body).raise_for_status().json()
        answer, event = "", ""
        with self._http.stream("GET", f"/gradio_api/call/{name}/{call['event_id']}") as reply:
            for line in reply.iter_lines():
                field, _, value = line.partition(": ")
                event = value if field == "event" else event
                if event == "error":
                    raise RuntimeError(value or "refused")
                if field == "data" and event == "generating":
                    (answer,) = json.loads(value)
        return answer

    def _over_v1(self, *, reads: int = 10**6) -> None:
        body = {
            "messages": [{"role": "user", "content": self._text(40)}],
            "max_tokens": self._tokens,
            "stream": True,
            "cache_salt": self._session,
        }
        with self._http.stream("POST", "/v1/chat/completions", json=body) as reply:
            reply.raise_for_status()
            for _, number in zip(reply.iter_lines(), range(reads), strict=False):
                if number + 1 >= reads:
                    return

    def _leave(self) -> None:
        self._over_v1(reads=6)

    def _attach(self) -> None:
        text = "\n".join(self._text(12) for _ in range(400))
        self._http.post("/gradio_api/upload", files={"files": ("notes.txt", text.encode())}).raise_for_status()

    def _open_page(self) -> None:
        self._http.get("/").raise_for_status()
        with (
            suppress(httpx.ReadTimeout),
            self._http.stream(
                "GET", f"/gradio_api/heartbeat/{self._text(1)}{self._random.random()}", timeout=1
            ) as heartbeat,
        ):
            next(heartbeat.iter_raw(), None)


def watch(
    process: psutil.Process, url: str, people: list[Person], options: argparse.Namespace
) -> list[dict[str, float]]:
    """Let the people live; return what the app held, once a second."""
    started = time.monotonic()
    lives = [
        threading.Thread(target=person.live, args=(lambda: time.monotonic() - started > options.seconds,), daemon=True)
        for person in people
    ]
    for life in lives:
        life.start()
    samples: list[dict[str, float]] = []
    with httpx.Client(base_url=url.rstrip("/"), timeout=120) as http:
        while (now_s := time.monotonic() - started) < options.seconds:
            held = {"s": now_s, "rss": process.memory_info().rss, **kept(http)}
            samples.append(held)
            if len(samples) % 15 == 1:
                print(f"{now_s:5.0f} s  {held['rss'] / 1e6:7.0f} MB  kept {held['kept'] / 1e6:5.0f} MB", flush=True)
            time.sleep(1)
    for life in lives:
        life.join(120)
    return samples


def kept(http: httpx.Client) -> dict[str, float]:
    """Return the bytes of kept prefixes and their limit, as the app tells them."""
    families = text_string_to_metric_families(http.get("/metrics").raise_for_status().text)
    told = {sample.name: sample.value for family in families for sample in family.samples}
    names = {"kept": "kept_prefix_bytes", "limit": "kept_prefix_limit_bytes", "requests": "requests_total"}
    return {name: told[f"deepseek_space_{metric}"] for name, metric in names.items()}


def report(options: argparse.Namespace, people: list[Person], samples: list[dict[str, float]]) -> None:
    did = sum((person.did for person in people), Counter())
    measure.table(["what", "times"], sorted(did.items()))
    window_s = min(15.0, options.seconds / 10)
    settled = level(samples, options.settled - window_s, options.settled)
    ended = level(samples, options.seconds - window_s, options.seconds)
    measure.finish(
        benchmark="soak",
        people=options.people,
        seconds=options.seconds,
        requests=samples[-1]["requests"],
        settled_mb=settled / 1e6,
        ended_mb=ended / 1e6,
        most_mb=max(sample["rss"] for sample in samples) / 1e6,
        ended_over_settled=ended / settled,
        kept_most_over_limit=max(sample["kept"] / sample["limit"] for sample in samples),
        failed=sum(count for name, count in did.items() if name.startswith("failed")),
        reach={"ended_over_settled": REACH, "kept_most_over_limit": 1},
    )


def level(samples: list[dict[str, float]], since_s: float, until_s: float) -> float:
    """Return the median of the app's resident bytes in a stretch of time."""
    stretch = [sample["rss"] for sample in samples if since_s <= sample["s"] <= until_s]
    return median(stretch or [samples[-1]["rss"]])


@contextmanager
def running_app(kept_mib: int) -> Iterator[tuple[psutil.Process, str]]:
    """Start the app on a free port; give its process and address once the starter answers."""
    command = [sys.executable, "app.py", "--model", "starter", "--precision", "bf16", "--device", "cpu", "--port", "0"]
    environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [*command, "--kept-memory", str(kept_mib)],
        cwd=measure.ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        url = next((line.split()[-1] for line in process.stdout if "is open at" in line), None)
        if url is None:
            raise RuntimeError("The app ended before its page was open.")
        while "\ndeepseek_space_model_ready 1.0" not in httpx.get(f"{url.rstrip('/')}/metrics", timeout=60).text:
            time.sleep(0.2)
        yield psutil.Process(process.pid), url
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
