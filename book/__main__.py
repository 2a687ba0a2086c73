"""Make the book: `python book build/book` (`make book`).

The pages come from the stored chapters (`pages.py`), what is alive on them from running the chapters (`live.py`).
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from sphinx.cmd.build import main as sphinx

BOOK = Path(__file__).resolve().parent
sys.path.append(str(BOOK / "kit"))

import teach  # noqa: E402


def main(folder: Path) -> int:
    """Make the book in `folder`/html, and return 0 if nothing was wrong."""
    source, html, live = folder / "source", folder / "html", folder / "live"
    for program, made in (("live.py", live), ("pages.py", source)):
        subprocess.run([sys.executable, BOOK / program, made], check=True)
    shutil.rmtree(html, ignore_errors=True)
    os.environ["BOOK_SOURCE"] = str(source)
    quiet = ["-q", "-W", "--keep-going", "-E"]
    wrong = sphinx([*quiet, "-c", str(BOOK), "-d", str(folder / "doctrees"), str(source), str(html)])
    shutil.copytree(live, html / "_static" / "live", ignore=shutil.ignore_patterns("done.json"))
    teach.slides(source, html)
    teach.handout(html)
    return wrong


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
