"""A data set made on a cluster: a real scheduler and two workers, each a process of its own."""

import os
import signal
import subprocess
import sys
import time
from itertools import count

import pytest
from test_folders import COMMAND, FLAGS, SMALL, album, contents, dies, kills_cost_nothing, long_album

from helpers import make_pictures, workers

distributed = pytest.importorskip("distributed")
PATIENCE = 60


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Start a scheduler and two workers; give its address, and the processes that work."""
    folder = tmp_path_factory.mktemp("cluster")
    dask = [sys.executable, "-m", "dask"]
    # Tasks of these tests are sent by the name of their module.
    where = {**os.environ, "PYTHONPATH": os.pathsep.join([os.path.dirname(__file__), os.environ.get("PYTHONPATH", "")])}
    quiet = {"cwd": folder, "env": where, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    told = folder / "scheduler.json"
    local = ["--host=127.0.0.1", "--no-dashboard"]
    started = [subprocess.Popen([*dask, "scheduler", "--port=0", f"--scheduler-file={told}", *local], **quiet)]
    work = [*dask, "worker", f"--scheduler-file={told}", "--nthreads=1", *local]
    started += [subprocess.Popen(work, **quiet) for _ in range(2)]
    with distributed.Client(scheduler_file=str(told), timeout=PATIENCE, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=PATIENCE)
        address = client.scheduler.address
    yield address
    for process in reversed(started):
        process.terminate()
        process.wait()


def pids(address: str) -> list[int]:
    """Return the processes that work."""
    with distributed.Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=PATIENCE)
        return list(client.run(os.getpid).values())


@pytest.fixture
def music(tmp_path):
    return album(tmp_path / "music", 24)


@pytest.fixture
def made(music, tmp_path):
    make_pictures(music, tmp_path / "made", jobs=1, **SMALL)
    return contents(tmp_path / "made")


def test_a_cluster_makes_the_same(music, made, cluster, tmp_path):
    done = make_pictures(music, tmp_path / "out", scheduler=cluster, **SMALL)
    assert (done.pieces, done.errors) == (24, ())
    assert contents(tmp_path / "out") == made


def test_a_worker_that_is_killed_on_the_way_costs_nothing(music, made, cluster, tmp_path):
    out = tmp_path / "out"
    run = subprocess.Popen([*COMMAND, str(music), str(out), f"--scheduler={cluster}", *FLAGS])
    (victim, _) = pids(cluster)
    while run.poll() is None and not list(out.rglob("*.png")):
        time.sleep(0.005)
    os.kill(victim, signal.SIGKILL)
    assert run.wait() == 0
    assert contents(out) == made


def test_kills_of_the_command_and_of_workers_cost_nothing(cluster, tmp_path):
    music, out, turn = long_album(tmp_path / "music"), tmp_path / "out", count()
    make_pictures(music, tmp_path / "made", jobs=1, **SMALL)

    def also():
        if next(turn) % 3 == 1:
            os.kill(pids(cluster)[0], signal.SIGKILL)

    arguments = [*COMMAND, str(music), str(out), f"--scheduler={cluster}", *FLAGS]
    kills_cost_nothing(arguments, out, contents(tmp_path / "made"), also)


def test_a_file_that_kills_its_workers_is_found_out(cluster):
    tasks = [("a",), ("kill",), ("b",)]
    assert dict(workers.run(dies, tasks, 1, cluster)) == {("a",): "a", ("kill",): None, ("b",): "b"}


def test_a_cluster_that_is_not_there_is_said(music, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "_ANSWER", 1)
    with pytest.raises(ValueError, match=r"No Dask scheduler answers at 'tcp://127\.0\.0\.1:9'"):
        make_pictures(music, tmp_path / "out", scheduler="tcp://127.0.0.1:9", **SMALL)
