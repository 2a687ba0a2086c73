"""Read a data set as those do who train with it: Hugging Face datasets, torchvision and Keras, the real ones.

`make test-loaders` installs the first two into an environment of their own, some gigabytes, makes small data sets, and
runs this file there; nothing else of this project is needed. Keras is tried where it and TensorFlow are installed:
make test-loaders LOADERS='datasets torchvision keras tensorflow-cpu'.
"""

import csv
import os
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


def read_with_keras(out: Path) -> str:
    """Load it with Keras' `image_dataset_from_directory`, and compare it with the files."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    try:
        import keras
        import tensorflow  # noqa: F401
    except ImportError as error:
        return f"(not by Keras: {error.name} is not installed)"
    expected = rows(out)
    for split in {row.get("split", "") for row in expected}:
        here = {row["file_name"]: row["label"] for row in expected if row.get("split", "") == split}
        first = Image.open(out / next(iter(here)))
        loaded = keras.utils.image_dataset_from_directory(
            str(out / split),
            labels="inferred",
            color_mode="grayscale" if first.mode == "L" else "rgb",
            image_size=first.size,
            batch_size=None,
            shuffle=False,
            verbose=False,
        )
        assert loaded.class_names == sorted(set(here.values()))
        paths = [Path(path).relative_to(out).as_posix() for path in loaded.file_paths]
        assert sorted(paths) == sorted(here)
        for path, (pixels, label) in zip(paths, loaded, strict=True):
            assert loaded.class_names[int(label)] == here[path]
            assert pixels.numpy().astype("uint8").tobytes() == Image.open(out / path).tobytes()
    return f"Keras {keras.__version__}"


if __name__ == "__main__":
    for given in map(Path, sys.argv[1:]):
        read = ", ".join(way(given) for way in (read_with_datasets, read_with_torchvision, read_with_keras))
        print(f"{given}: read by {read}")
