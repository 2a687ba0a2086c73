"""Many tasks on all cores, or on the machines of a Dask cluster. Explained in notebooks/17-data-set.ipynb."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from queue import SimpleQueue

__all__ = []

# So many tasks wait for each worker, so that it need not wait for us.
_AHEAD = 3
# So many seconds a scheduler may take to answer, and its first worker to come.
_ANSWER, _FIRST_WORKER = 20, 60
# Libraries that calculate would take all cores, in each process. And on Linux, up to so many bytes of memory that is
# free are kept: to give them back after every block and fetch them again takes a tenth of the time.
_ENVIRONMENT = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_ENVIRONMENT |= dict.fromkeys(("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"), str(1 << 25))


class _Broken(Exception):
    """A process died; the arguments are the tasks that it may have died of."""


def run(function: Callable, tasks: Iterable[tuple], jobs: int, scheduler: str | None = None) -> Iterator[tuple]:
    """Call a function with each task, and yield (task, result) as they come: None for a task that kills its process.

    Parameters
    ----------
    function : function of a module
        What it raises is raised here.
    tasks : iterable of tuples
        Its arguments. They are fetched as workers become free.
    jobs : int
        How many processes; with 1, no other process is started.
    scheduler : str, optional
        The address of a Dask scheduler. Then its workers do the work, and `jobs` does not count.
    """
    if scheduler is None and jobs == 1:
        for task in tasks:
            yield task, function(*task)
        return
    tasks, suspects = iter(tasks), []
    while True:
        with _dask(scheduler) if scheduler else _processes(jobs) as (executor, workers):
            try:
                # One by one, so that it shows which of them it was.
                while suspects:
                    yield from _some(executor, function, iter([suspects.pop()]), 1)
                yield from _some(executor, function, tasks, _AHEAD * workers)
                return
            except _Broken as error:
                if len(error.args) == 1:
                    yield error.args[0], None
                else:
                    suspects += error.args


def _some(executor, function, tasks: Iterator[tuple], most: int) -> Iterator[tuple]:
    """Do as `run` does, with at most so many tasks under way."""
    pending, ready = {}, SimpleQueue()
    while True:
        while len(pending) < most and (task := next(tasks, None)) is not None:
            try:
                future = executor.submit(function, *task)
            except BrokenProcessPool:
                raise _Broken(*pending.values(), task) from None
            pending[future] = task
            # To look at all that is pending each time would take longer the more workers there are.
            future.add_done_callback(ready.put)
        if not pending:
            return
        future = ready.get()
        error = future.exception()
        if isinstance(error, BrokenProcessPool):
            raise _Broken(*pending.values())
        task = pending.pop(future)
        # Dask tries elsewhere first, and says at last which task killed its workers.
        if error and type(error).__name__ != "KilledWorker":
            raise error
        yield task, None if error else future.result()


@contextmanager
def _processes(jobs: int):
    """Start processes with one numerical thread each; give an executor, and how many they are."""
    from joblib.externals.loky import get_reusable_executor

    executor = get_reusable_executor(jobs, env=_ENVIRONMENT, timeout=60, reuse=False)
    try:
        yield executor, jobs
    except BaseException:
        executor.shutdown(kill_workers=True)
        raise
    executor.shutdown(kill_workers=True)


@contextmanager
def _dask(address: str):
    """Connect to a Dask cluster; give an executor, and how many workers there are."""
    try:
        from distributed import Client
    except ImportError:
        raise ValueError(
            f"scheduler='{address}' was given, but Dask is not installed: say pip install 'music-you-can-see[dask]'."
        ) from None
    try:
        client = Client(address, timeout=_ANSWER, set_as_default=False)
    except (OSError, ValueError, TimeoutError):
        raise ValueError(f"No Dask scheduler answers at '{address}': start one, or check the address.") from None
    with client:
        client.wait_for_workers(1, timeout=_FIRST_WORKER)
        yield client.get_executor(pure=False), sum(client.nthreads().values())
