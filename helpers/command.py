"""The command `music-you-can-see`: a folder of music becomes a data set of pictures, without a line of Python."""

import argparse
import ast
import inspect
import sys

from helpers import folders, recipes
from helpers.tracks import TrackError

__all__ = ["main"]

_ABOUT = """\
Turn every piece of music in FOLDER into pictures for an image classifier.

The first folders inside FOLDER become the classes: FOLDER/jazz/song.mp3 becomes OUT/jazz/song-….png. Beside them,
OUT/metadata.csv says which picture shows which seconds of which piece. Hugging Face datasets ("imagefolder"),
torchvision's ImageFolder and Keras' image_dataset_from_directory read OUT as it is.

Stopped at any moment, the same command goes on where it was. Files that cannot be read are listed in OUT/errors.csv.
"""
_EXAMPLES = """\
examples:
  music-you-can-see Music pictures
  music-you-can-see Music pictures --split 80/10/10 --by folder --size 299
  music-you-can-see Music pictures --recipe hilbert --set tiles=28 --set cmap=magma --whole

exit status: 0 if all files became pictures, 1 if some did not, 3 if none did, 2 if it could not begin or go on.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command, and return its exit status: 0 all files worked, 1 some, 3 none, 2 it could not begin or go on.

    Examples
    --------
    >>> command.main(["no/such/folder", "pictures"])
    2
    """
    given = _parser().parse_args(arguments)
    try:
        done = folders.make_pictures(
            given.folder,
            given.out,
            given.recipe,
            size=given.size,
            seconds=None if given.whole else given.seconds,
            hop=given.hop,
            split=given.split,
            by=given.by,
            seed=given.seed,
            jobs=given.jobs,
            scheduler=given.scheduler,
            strict=given.strict,
            progress=not given.quiet,
            **dict(given.set),
        )
    except KeyboardInterrupt:
        print("Stopped. The same command goes on where it was.", file=sys.stderr)
        return 130
    except (TrackError, ValueError, OSError) as error:
        words = str(error)
        if isinstance(error, OSError):
            words = f"{error.strerror or error}: '{error.filename or given.out}'. Once it is mended, "
            words += "the same command goes on where it was."
        print(_shown(words), file=sys.stderr)
        return 2
    print(_shown(str(done)))
    return 0 if not done.errors else 1 if done.pieces else 3


def _parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    names = "\n".join(
        f"  {name:<11} {inspect.getdoc(make)}\n{'':14}{', '.join(f'{key}={value}' for key, value in _known(name))}"
        for name, make in recipes.RECIPES.items()
    )
    parser = argparse.ArgumentParser(
        "music-you-can-see",
        description=_ABOUT,
        epilog=f"recipes, and what --set can change (bands=0: as many as fit):\n{names}\n\n{_EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", metavar="FOLDER", help="the music")
    parser.add_argument("out", metavar="OUT", help="where the pictures go: a new folder, or one to go on with")
    parser.add_argument("--recipe", default="rows", metavar="NAME", help="what the pictures look like (rows)")
    parser.add_argument(
        "--set", action="append", type=_setting, default=[], metavar="NAME=VALUE", help="change a recipe"
    )
    parser.add_argument("--size", type=int, default=224, metavar="N", help="pixels a side (224)")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--seconds", type=float, default=30.0, metavar="S", help="seconds of music in a picture (30)")
    length.add_argument("--whole", action="store_true", help="one picture for each piece, however long")
    parser.add_argument("--hop", type=float, metavar="S", help="seconds from one picture to the next (as --seconds)")
    parser.add_argument("--split", metavar="A/B/C", help="shares of train, validation and test, such as 80/10/10")
    parser.add_argument("--by", choices=("piece", "folder"), default="piece", help="what stays in one split (piece)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="chooses who goes into which split (0)")
    parser.add_argument("--jobs", type=int, metavar="N", help="processes at the same time (one a core)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="work on a Dask cluster that sees the same folders")
    parser.add_argument("--strict", action="store_true", help="stop at the first file that cannot be read")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    return parser


def _known(name: str) -> list[tuple]:
    """Return the parameters of a recipe with their defaults."""
    return list(recipes.defaults(name).items())


def _setting(text: str) -> tuple:
    """Split NAME=VALUE, where a value that is no Python number, True or False is a text."""
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r} was given; NAME=VALUE was expected, such as rows=8")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value


def _shown(words: str) -> str:
    """Write out what a terminal would obey instead of showing: a file's name may hold anything."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in words)
