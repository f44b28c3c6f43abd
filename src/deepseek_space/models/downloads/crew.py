"""Several pieces of work at once, in threads that do not keep the process alive.

The first that fails stops the others. Knows nothing of what the work is.
"""

import threading
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from typing import TypeVar

from deepseek_space.errors import Cancelled

T = TypeVar("T")


def work_at_once(
    work: Callable[[T, Callable[[], bool]], None], items: Iterable[T], *, hands: int, cancelled: Callable[[], bool]
) -> None:
    """Call ``work`` with each of ``items`` and a function that says whether to stop, ``hands`` of them at a time.

    Raises what failed first; those that stopped because of it are not heard.
    """
    waiting: SimpleQueue[T] = SimpleQueue()
    for item in items:
        waiting.put(item)
    failures: list[BaseException] = []

    def stop() -> bool:
        return bool(failures) or cancelled()

    def take() -> None:
        try:
            while not failures:
                work(waiting.get_nowait(), stop)
        except Empty:
            return
        except BaseException as error:
            failures.append(error)

    threads = [
        threading.Thread(target=take, name=f"fetch-{n}", daemon=True) for n in range(min(hands, waiting.qsize()))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise next((error for error in failures if not isinstance(error, Cancelled)), failures[0])
