"""What is done and what is not: the record of a data set, which a crash at any moment leaves whole.

A file is written under another name, flushed to the disk and then moved to its own. The record is a line of JSON for
each piece, appended once all of its pictures are in place; one that was cut short counts as never written. Explained in
notebooks/17-data-set.ipynb.
"""

import csv
import errno
import io
import json
import os
import re
import secrets
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = []

_NAME = ".music-you-can-see.jsonl"
# The last line of a record whose tables are written.
_FINISHED = {"finished": True}
# Pictures as they are called here; and the same, unfinished.
_OURS = re.compile(r"(.+-[0-9a-f]{16})-(\d{4,})\.png")
_PART = re.compile(r"\.(.*)\.[0-9a-f]{8}\.part")


@contextmanager
def whole_files(paths: list[Path]):
    """Open files to write, in binary, that are there as a whole or not at all, whatever happens meanwhile."""
    parts = [path.with_name(f".{path.name}.{secrets.token_hex(4)}.part") for path in paths]
    try:
        with ExitStack() as stack:
            files = [stack.enter_context(open(part, "xb")) for part in parts]
            yield files
            # A disk flushes several files at the same time nearly as fast as one.
            with ThreadPoolExecutor(len(files)) as pool:
                list(pool.map(_flush, files))
        for part, path in zip(parts, paths, strict=True):
            os.replace(part, path)
    except BaseException:
        for part in parts:
            part.unlink(missing_ok=True)
        raise


def _flush(file) -> None:
    """Wait until a file is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def settle(folder: Path) -> None:
    """Flush the names of a folder to the disk, so that a power cut loses none; Windows does so by itself."""
    if os.name != "nt":
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        except OSError as error:
            # Some network file systems cannot, and do so by themselves.
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):
                raise
        finally:
            os.close(number)


def is_there(out: Path) -> bool:
    """Say whether a folder holds a record."""
    return (out / _NAME).exists()


@dataclass(frozen=True)
class _Piece:
    """What is kept in memory of a piece that is done; its rows in `metadata.csv` stay on the disk.

    `state` is the size and the time of the file it was made of, `split` where its pictures go, `name` what theirs begin
    with, `pictures` how many they are, and `at` where its line in the record begins.
    """

    state: tuple[int, int]
    split: str | None
    name: str
    pictures: int
    at: int


class Ledger:
    """The record of a data set in a folder.

    Parameters
    ----------
    out : Path
        The folder of the data set.
    settings : dict
        What its pictures depend on, of plain JSON values.

    Attributes
    ----------
    pieces : dict of _Piece
        What is done, by the path relative to the music.
    finished : bool
        Whether the tables were written since the last piece was done.

    Raises
    ------
    ValueError
        If the folder holds a data set with other settings, or somebody else's files, or another run works in it.
    """

    def __init__(self, out: Path, settings: dict):
        self.out, self.settings, self.pieces, self.finished = out, settings, {}, False
        path = out / _NAME
        if out.exists() and not out.is_dir():
            raise ValueError(f"'{out}' is a file: name a new or empty folder for the pictures.")
        if out.is_dir() and not path.exists():
            others = [name for name in os.listdir(out) if not _PART.fullmatch(name)]
            if others:
                raise ValueError(
                    f"'{out}' holds other files, such as {others[0]!r}: choose a new or empty folder for the pictures."
                )
        out.mkdir(parents=True, exist_ok=True)
        # Opened to append, so that two runs that begin at once cannot empty it.
        self._file = open(path, "a+b")  # noqa: SIM115
        try:
            _lock(self._file, out)
            self._read()
        except BaseException:
            self._file.close()
            raise

    def _read(self) -> None:
        """Read what is done, and cut off a line that was not finished."""
        self._file.seek(0)
        good, header = 0, None
        for line in self._file:
            try:
                entry = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                entry = None
            if entry is None:
                break
            self.finished = entry == _FINISHED
            if header is None:
                header = entry
            elif not self.finished:
                self._take(entry, good)
            good += len(line)
        if self._file.seek(0, os.SEEK_END) > good:
            self._file.truncate(good)
        if header is None:
            self._append(self.settings)
        elif header != self.settings:
            name = next(key for key in [*header, *self.settings] if header.get(key) != self.settings.get(key))
            raise ValueError(
                f"'{self.out}' holds pictures made with {name}={header.get(name)!r}, and now "
                f"{name}={self.settings.get(name)!r} was given: use the same settings to go on, or another folder."
            )

    def _take(self, entry: dict, at: int) -> None:
        """Remember an entry that begins at a byte of the record."""
        self.pieces.pop(entry["path"], None)
        if "rows" in entry:
            state, rows = (entry["size"], entry["mtime"]), entry["rows"]
            name = rows[0]["file_name"].rpartition("-")[0]
            self.pieces[entry["path"]] = _Piece(state, entry["split"], name, len(rows), at)

    def _append(self, entry: dict) -> int:
        """Write a line, and return where it begins."""
        at = self._file.seek(0, os.SEEK_END)
        self._file.write(json.dumps(entry).encode() + b"\n")
        self._file.flush()
        return at

    def done(self, entry: dict) -> None:
        """Record that all pictures of a piece are in place."""
        self._take(entry, self._append(entry))

    def undone(self, path: str) -> None:
        """Record that a piece has no pictures any more."""
        if path in self.pieces:
            self._append({"path": path})
            del self.pieces[path]

    def _lines(self) -> Iterator[bytes]:
        """Yield the line of each piece, in order of their paths."""
        for path in sorted(self.pieces):
            self._file.seek(self.pieces[path].at)
            yield self._file.readline()

    def finish(self, errors: list[tuple[str, str]]) -> None:
        """Write `metadata.csv` for each split and `errors.csv`, and remove pictures that belong to no piece."""
        os.fsync(self._file.fileno())
        self.sweep({piece.name: piece.pictures for piece in self.pieces.values()})
        for split in {piece.split for piece in self.pieces.values()}:
            self._table(Path(split or "", "metadata.csv"), self._rows(split))
        self._table("errors.csv", ({"source": path, "error": sentence} for path, sentence in sorted(errors)))
        with whole_files([self.out / _NAME]) as (file,):
            file.write(json.dumps(self.settings).encode() + b"\n")
            file.writelines(self._lines())
            file.write(json.dumps(_FINISHED).encode() + b"\n")

    def _rows(self, split: str | None) -> Iterator[dict]:
        """Yield the rows of a split, with names relative to its folder: each split is an image folder of its own."""
        for line in self._lines():
            entry = json.loads(line)
            for row in entry["rows"] if entry["split"] == split else ():
                yield row | {"file_name": row["file_name"].removeprefix(f"{split}/")}

    def _table(self, name: str | Path, rows: Iterator[dict]) -> None:
        """Write a table; none, if there are no rows."""
        first = next(rows, None)
        if first is None:
            (self.out / name).unlink(missing_ok=True)
            return
        with whole_files([self.out / name]) as (file,):
            # A name may hold bytes that are no text.
            text = io.TextIOWrapper(file, "utf-8", "backslashreplace", newline="")
            table = csv.DictWriter(text, first, lineterminator="\n")
            table.writeheader()
            table.writerow(first)
            table.writerows(rows)
            text.flush()
            text.detach()

    def sweep(self, keep: dict[str, int] | None = None) -> Counter:
        """Remove files that were not finished; and, if told how many pictures of each piece to keep, the others.

        Returns how many pictures there were of each piece.
        """
        found = Counter()
        for folder, folders, names in os.walk(self.out):
            here = Path(folder).relative_to(self.out)
            # Pictures lie in folders of folders at most.
            folders[:] = folders if len(here.parts) < 2 else []
            for name in names:
                ours = _OURS.fullmatch(name)
                piece = (here / ours[1]).as_posix() if ours else ""
                found[piece] += 1
                if _PART.fullmatch(name) or (ours and keep is not None and int(ours[2]) >= keep.get(piece, 0)):
                    Path(folder, name).unlink(missing_ok=True)
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()


def _lock(file, out: Path) -> None:
    """Hold a file for this process until it ends, however it ends.

    On Windows, and where a network file system knows no locks, nothing is held.
    """
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if not isinstance(error, BlockingIOError):
            return
        raise ValueError(f"Another run works in '{out}': wait for it, or choose another folder.") from None
