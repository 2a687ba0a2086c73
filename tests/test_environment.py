"""The lists of dependencies agree, and what the README says works is there."""

import ast
import html
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import chapters
import pytest
import yaml
from packaging.requirements import Requirement

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


# What each list of pins is made of.
EXTRAS = PROJECT["optional-dependencies"]
LOCKS = {
    "requirements.txt": PROJECT["dependencies"] + EXTRAS["setup"],
    "requirements-test.txt": PROJECT["dependencies"] + EXTRAS["setup"] + EXTRAS["book"] + EXTRAS["test"],
}


def pins(lock="requirements.txt") -> dict[str, str]:
    """Return what a list pins: name to version."""
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / lock).read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_within_its_bounds(lock):
    pinned = pins(lock)
    for line in LOCKS[lock]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(pinned[requirement.name]), line


def test_the_lists_of_pins_agree():
    readers, testers = map(pins, LOCKS)
    assert readers.items() <= testers.items()
    only_for_tests = {parts(line)[0] for line in PROJECT["optional-dependencies"]["test"]}
    assert {"playwright", "hypothesis", "pytest", "ruff"} <= only_for_tests - set(readers)


@pytest.mark.parametrize(
    ("folders", "extras"),
    [(["helpers"], ["dask", "network"]), (["tests", "data/compose"], ["test", "book"]), (["book"], ["book"])],
    ids=["helpers", "tests", "book"],
)
def test_what_is_imported_is_declared(folders, extras):
    lines = PROJECT["dependencies"] + [line for extra in extras for line in PROJECT["optional-dependencies"][extra]]
    declared = {Requirement(line).name for line in lines}
    known = packages_distributions()
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = [name.name for name in node.names] if isinstance(node, ast.Import) else []
            named += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            for package in {name.split(".")[0] for name in named} - sys.stdlib_module_names - {"helpers"}:
                names = {name.lower().replace("_", "-") for name in known.get(package, [])}
                assert not names or names & declared, f"{path.name} imports {package}"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_no_address(lock):
    text = (ROOT / lock).read_text()
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


@pytest.mark.parametrize("target", ["lab", "test", "bench", "notebooks", "book", "learner", "music"])
def test_make_lists_its_targets(target):
    done = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert f"make {target} " in done.stdout


def test_old_python_gets_a_sentence(tmp_path):
    old = tmp_path / "python-old"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit 0\nexit 1\n')
    old.chmod(0o755)
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    for name in ("requirements.txt", "requirements-test.txt", "pyproject.toml"):
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


def test_the_readme_says_how_long_all_of_it_takes():
    minutes = sum(chapters.reading_minutes(chapters.read(path)) for path in chapters.CHAPTERS)
    assert f"take about {round(minutes / 60)} hours" in (ROOT / "README.md").read_text()


def test_versions_agree():
    version = PROJECT["version"]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == version
    assert re.search(r"^## (\S+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1] == version


def test_a_workshop_gets_the_chapters_without_their_answers(tmp_path):
    (command,) = re.findall(
        r"^\t\$\(BIN\)/jupyter (nbconvert --.*) \$\(CHAPTERS\)$", (ROOT / "Makefile").read_text(), re.M
    )
    program = [sys.executable, "-m", "jupyter", *command.replace("learner", str(tmp_path)).split()]
    subprocess.run([*program, str(chapters.CHAPTERS[0])], cwd=ROOT, check=True, capture_output=True)
    copy = chapters.read(tmp_path / chapters.CHAPTERS[0].name)
    assert not any(cell.outputs for cell in chapters.cells(copy))
    assert len(copy.cells) == len(chapters.read(chapters.CHAPTERS[0]).cells)


def test_a_web_page_made_as_the_readme_says_keeps_the_words_of_every_picture(tmp_path):
    (command,) = re.findall(r"^\.venv/bin/jupyter (nbconvert .*)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    path = ROOT / command.split()[-1]
    program = [sys.executable, "-m", "jupyter", *command.split(), f"--output-dir={tmp_path}"]
    subprocess.run(program, cwd=ROOT, check=True, capture_output=True)
    page = html.unescape((tmp_path / f"{path.stem}.html").read_text(encoding="utf-8"))
    words = [still.alt for cell in chapters.cells(chapters.read(path)) for still in chapters.stills(cell)]
    assert len(words) > 3
    for text in words:
        assert f'alt="{text}"' in page
