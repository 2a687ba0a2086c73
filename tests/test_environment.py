"""The lists of dependencies agree, and what the README says works is there."""

import html
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# Where conda-forge has another name for a package.
CONDA = {"soundfile": "pysoundfile", "matplotlib": "matplotlib-base", "mir-eval": "mir_eval"}


def parts(requirement: str) -> tuple[str, str]:
    """Split a requirement such as 'numpy>=2.0' into its name and its version."""
    return re.fullmatch(r"([\w-]+) *(.*)", requirement).groups()


def test_conda_names_the_same_packages():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    conda = dict(parts(line) for line in listed if isinstance(line, str))
    wanted = {CONDA.get(name, name): version for name, version in map(parts, PROJECT["dependencies"])}
    python = conda.pop("python")
    assert conda.pop("pip") == ""
    assert conda == wanted
    assert python.startswith(PROJECT["requires-python"])
    assert listed[-1] == {"pip": ["-e ."]}


def pins() -> dict[str, str]:
    """Return what requirements.txt pins: name to version."""
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE))


def test_every_requirement_is_pinned_within_its_bounds():
    from packaging.requirements import Requirement

    pinned = pins()
    for line in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(pinned[requirement.name]), line


def test_every_pin_has_hashes_and_no_address():
    text = (ROOT / "requirements.txt").read_text()
    entries = re.split(r"\n(?=[\w.-]+==)", text)[1:]
    assert len(entries) == len(re.findall(r"^[\w.-]+==", text, re.MULTILINE)) > 50
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text


def test_installed_are_the_pinned_versions():
    from importlib.metadata import version

    pinned = pins()
    for line in PROJECT["dependencies"]:
        name = parts(line)[0]
        assert version(name) == pinned[name], f"{name}: remove .venv and run make test again"


def test_helpers_import_from_any_folder(tmp_path):
    code = "import helpers; from helpers import load_track; print(load_track('groove').name)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.strip() == "groove", done.stderr


def test_import_fetches_and_loads_nothing_heavy():
    code = (
        "import sys; from helpers import load_track, explore, play, sections, tempo; "
        "print(sorted({'librosa', 'numba', 'scipy', 'mir_eval'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("target", ["lab", "test", "bench", "notebooks", "music"])
def test_make_lists_its_targets(target):
    done = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert f"make {target} " in done.stdout


def test_old_python_gets_a_sentence(tmp_path):
    old = tmp_path / "python-old"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit 0\nexit 1\n')
    old.chmod(0o755)
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    for name in ("requirements.txt", "pyproject.toml"):
        (tmp_path / name).touch()
    done = subprocess.run(["make", f"PYTHON={old}", "lab"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode
    assert "needs Python 3.11 or newer" in done.stderr
    assert "3.9.2" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_links_and_pictures_of_the_readme_exist():
    text = (ROOT / "README.md").read_text()
    links = [link for link in re.findall(r"(?:\]\(|src=\")([^)\"#]+)", text) if "://" not in link]
    assert len(links) > 10
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_a_web_page_made_as_the_readme_says_keeps_the_words_of_every_picture(tmp_path):
    (command,) = re.findall(r"^\.venv/bin/jupyter (nbconvert .*)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    path = ROOT / command.split()[-1]
    program = [sys.executable, "-m", "jupyter", *command.split(), f"--output-dir={tmp_path}"]
    subprocess.run(program, cwd=ROOT, check=True, capture_output=True)
    page = html.unescape((tmp_path / f"{path.stem}.html").read_text(encoding="utf-8"))
    outputs = [output for cell in json.loads(path.read_text())["cells"] for output in cell.get("outputs", [])]
    words = ["".join(output["data"]["text/plain"]) for output in outputs if "image/png" in output.get("data", {})]
    assert len(words) > 3
    for text in words:
        assert f'alt="{text}"' in page
