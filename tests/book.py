"""The book, made once for all tests of a run."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    """The folder of the book, made here unless the environment variable BOOK names one that is made already.

    Several processes that test at the same time share it.
    """
    if os.environ.get("BOOK"):
        return Path(os.environ["BOOK"]).resolve()
    mine = tmp_path_factory.getbasetemp()
    run = mine.parent if mine.name.startswith("popen-") else mine
    folder, done = ROOT / "build" / "book", run / "book-is-made"
    with (run / "book.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            made = subprocess.run([sys.executable, ROOT / "book", folder], cwd=ROOT, capture_output=True, text=True)
            assert made.returncode == 0, made.stdout + made.stderr
            done.touch()
    return folder
