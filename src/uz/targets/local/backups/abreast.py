"""Doing many small things side by side, in order, until one of them fails."""

import threading
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue


def abreast(
    names: Iterable[str], act: Callable[[str], None], *, threads: int, stop: threading.Event
) -> None:
    """Act on every name, the first ones first. Raises the first error, when all have ended.

    The threads never keep the process: one that hangs in the network ends with it.
    """
    waiting: SimpleQueue[str] = SimpleQueue()
    for name in names:
        waiting.put(name)
    errors: list[BaseException] = []

    def work() -> None:
        while not errors and not stop.is_set():
            try:
                act(waiting.get_nowait())
            except Empty:
                return
            except BaseException as error:  # raised below, in the caller's thread
                errors.append(error)

    workers = [threading.Thread(target=work, daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if errors:
        raise errors[0]
