import threading

import pytest
import torch

from deepseek_space.models.bounded_pool import BoundedPool


def test_all_jobs_are_done_when_finished():
    done, workers = [], BoundedPool(3)
    for number in range(50):
        workers.submit(lambda number=number: done.append(number), input_bytes=2**20)
    workers.finish()
    assert sorted(done) == list(range(50))


def test_no_more_jobs_wait_than_there_are_threads():
    running, gate, workers = [], threading.Event(), BoundedPool(2)

    def job():
        running.append(1)
        gate.wait(10)

    workers.submit(job, input_bytes=0)
    workers.submit(job, input_bytes=0)
    third = threading.Thread(target=workers.submit, args=(job,), kwargs={"input_bytes": 0})
    third.start()
    assert third.is_alive()
    assert len(running) <= 2
    gate.set()
    third.join(10)
    workers.finish()
    assert len(running) == 3


def test_jobs_compute_on_one_core_each_where_asked_and_everybody_else_on_as_many_as_before():
    def counted():
        seen.append(torch.get_num_threads())

    before, seen, workers = torch.get_num_threads(), [], BoundedPool(2, one_core_each=True)
    for _ in range(4):
        workers.submit(counted, input_bytes=0)
    workers.finish()
    elsewhere = threading.Thread(target=counted)
    elsewhere.start()
    elsewhere.join()
    assert seen == [1, 1, 1, 1, before]
    assert torch.get_num_threads() == before


def test_a_failure_is_raised_at_the_end_and_stops_the_work():
    done, workers = [], BoundedPool(1)

    def fail():
        raise MemoryError("too much")

    workers.submit(fail, input_bytes=0)
    for _ in range(5):
        workers.submit(lambda: done.append(1), input_bytes=0)
    with pytest.raises(MemoryError, match="too much"):
        workers.finish()
    assert len(done) == 0
