"""Read a data set as those do who train with it: Hugging Face datasets and torchvision, the real ones.

`make test-loaders` installs both into an environment of their own, some gigabytes, makes small data sets, and runs this
file there; nothing else of this project is needed.
"""

import csv
import sys
from pathlib import Path

from PIL import Image


def rows(out: Path) -> list[dict]:
    """Return the rows of the metadata, with names relative to `out`."""
    found = []
    for path in sorted(out.rglob("metadata.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                name = (path.parent / row["file_name"]).relative_to(out).as_posix()
                found.append(row | {"file_name": name})
    return found


def read_with_datasets(out: Path) -> str:
    """Load it with `datasets`, and compare it with the files."""
    import datasets

    expected = rows(out)
    loaded = datasets.load_dataset("imagefolder", data_dir=str(out), cache_dir=str(out.parent / "cache"))
    splits = {row.get("split", "train") for row in expected}
    assert set(loaded) == splits, (set(loaded), splits)
    for split, part in loaded.items():
        here = [row for row in expected if row.get("split", "train") == split]
        assert len(part) == len(here)
        wanted = {(row["source"], float(row["start"])): row for row in here}
        for example in part:
            row = wanted.pop((example["source"], example["start"]))
            assert example["label"] == row["label"]
            assert example["level"] == float(row["level"])
            assert example["image"].tobytes() == Image.open(out / row["file_name"]).tobytes()
        assert not wanted
    return f"datasets {datasets.__version__}"


def read_with_torchvision(out: Path) -> str:
    """Load it with torchvision's `ImageFolder`, and compare it with the files."""
    import torchvision

    expected = rows(out)
    splits = {row.get("split", "") for row in expected}
    for split in splits:
        folder = torchvision.datasets.ImageFolder(str(out / split), transform=torchvision.transforms.ToTensor())
        here = {row["file_name"]: row["label"] for row in expected if row.get("split", "") == split}
        assert folder.classes == sorted(set(here.values()))
        assert {Path(path).relative_to(out).as_posix(): folder.classes[label] for path, label in folder.samples} == here
        assert folder[0][0].shape[1:] == Image.open(out / next(iter(here))).size[::-1]
    return f"torchvision {torchvision.__version__}"


if __name__ == "__main__":
    for given in map(Path, sys.argv[1:]):
        print(f"{given}: read by {read_with_datasets(given)} and {read_with_torchvision(given)}")
