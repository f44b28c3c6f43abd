"""The thread that drives an engine: serves many readers, survives faults, ends promptly."""

import threading

import pytest

from deepseek_space.engine import scheduler as scheduler_module
from deepseek_space.engine import worker as worker_module
from deepseek_space.engine.engine import Engine
from deepseek_space.engine.limits import EngineLimits
from deepseek_space.engine.reply import Job, Token
from deepseek_space.engine.row import Row
from deepseek_space.engine.spare_memory import SpareMemory
from deepseek_space.engine.step import prepare
from deepseek_space.engine.worker import Inline, Worker
from deepseek_space.errors import BusyError, EngineStopped
from deepseek_space.types import Sampling
from tiny_models import greedy_reference, prompt_of, tiny_model

LIMITS = EngineLimits(context_tokens=512, kv_bytes=1 << 28)


@pytest.fixture
def worker():
    worker = Worker(Engine(prepare(tiny_model("qwen2-gqa")), limits=LIMITS))
    yield worker
    worker.close()


def job(seed, new_tokens=12):
    return Job(prompt=prompt_of(20, seed=seed), sampling=Sampling(temperature=0, max_new_tokens=new_tokens))


def read(worker, row):
    return tuple(event.id for event in worker.events(row, wait_s=5) if isinstance(event, Token))


def test_many_readers_at_once_get_their_own_replies(worker):
    replies = {}

    def reader(seed):
        replies[seed] = read(worker, worker.submit(job(seed)))

    threads = [threading.Thread(target=reader, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == {seed: greedy_reference("qwen2-gqa", prompt_of(20, seed=seed), 12) for seed in range(8)}


def test_memory_is_given_back_by_an_idle_engine_and_by_one_that_is_never_idle(monkeypatch):
    monkeypatch.setattr(worker_module, "TIDY_EVERY_S", 0.001)
    given_back = threading.Event()
    memory = SpareMemory(give_back=given_back.set)
    worker = Worker(Engine(prepare(tiny_model("qwen2-gqa")), limits=LIMITS, memory=memory))
    assert given_back.wait(5)
    row = worker.submit(job(1, new_tokens=400))
    given_back.clear()
    assert given_back.wait(5)
    assert read(worker, row) == greedy_reference("qwen2-gqa", prompt_of(20, seed=1), 400)
    worker.close()


def test_of_a_thousand_at_once_each_is_answered_or_told_to_try_again(worker):
    outcomes = []

    def reader(seed):
        try:
            outcomes.append(len(read(worker, worker.submit(job(seed % 4, new_tokens=2)))))
        except BusyError:
            outcomes.append("busy")

    threads = [threading.Thread(target=reader, args=(seed,)) for seed in range(1000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 1000
    assert set(outcomes) <= {2, "busy"}
    assert outcomes.count("busy") == worker.engine.counters.rejected
    assert worker.engine.is_idle


def test_a_reader_is_woken_even_when_nothing_comes(worker, monkeypatch):
    released = threading.Event()
    real = worker.engine.step
    monkeypatch.setattr(worker.engine, "step", lambda: released.wait() and real())
    events = worker.events(worker.submit(job(1)), wait_s=0.01)
    assert next(events) is None
    released.set()
    events.close()


def test_a_step_that_fails_is_reported_and_the_thread_goes_on(worker, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(worker.engine, "step", lambda: 1 / 0)
        row = worker.submit(job(1))
        with pytest.raises(EngineStopped, match="division by zero"):
            read(worker, row)
    assert worker.engine.counters.errors == 1
    assert read(worker, worker.submit(job(2))) == greedy_reference("qwen2-gqa", prompt_of(20, seed=2), 12)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_dead_thread_is_noticed_reported_and_started_again(worker, monkeypatch):
    class Killed(BaseException):
        pass

    def die():
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(worker.engine, "step", die)
        orphan = worker.submit(job(1))
        worker._thread.join()
    with pytest.raises(EngineStopped):
        read(worker, orphan)
    assert read(worker, worker.submit(job(2))) == greedy_reference("qwen2-gqa", prompt_of(20, seed=2), 12)
    assert worker.restarts == 1


def test_close_ends_rows_in_flight_within_its_time(monkeypatch):
    worker = Worker(Engine(prepare(tiny_model("qwen2-gqa")), limits=LIMITS))
    stuck = threading.Event()
    monkeypatch.setattr(worker_module, "CLOSE_TIMEOUT_S", 0.01)
    monkeypatch.setattr(worker.engine, "step", lambda: stuck.wait())
    row = worker.submit(job(1))
    worker.close()
    with pytest.raises(EngineStopped):
        read(worker, row)
    stuck.set()


def test_inline_the_reader_does_the_work_for_every_row():
    driver = Inline(Engine(prepare(tiny_model("qwen2-gqa")), limits=LIMITS))
    first, second = driver.submit(job(1)), driver.submit(job(2))
    assert read(driver, second) == greedy_reference("qwen2-gqa", prompt_of(20, seed=2), 12)
    assert first.is_finished
    assert read(driver, first) == greedy_reference("qwen2-gqa", prompt_of(20, seed=1), 12)


def test_inline_a_row_that_comes_in_while_it_closes_is_ended(monkeypatch):
    driver = Inline(Engine(prepare(tiny_model("qwen2-gqa")), limits=LIMITS))
    closing = threading.Thread(target=driver.close)

    def row_in_between(*args, **options):
        closing.start()
        while not driver.engine.is_closed:
            closing.join(0.01)  # it waits for this one
        return Row(*args, **options)

    monkeypatch.setattr(scheduler_module, "Row", row_in_between)
    row = driver.submit(job(1))
    closing.join()
    with pytest.raises(EngineStopped):
        read(driver, row)
