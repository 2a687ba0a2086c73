"""Build the pieces: ``python data/compose [--score-only] [--report FOLDER] [name ...]``.

A name is that of a piece (``groove``, ``crowd/dub-2``), of a family (``crowd/dub``), or ``crowd``.
"""

import argparse
import fcntl
import hashlib
import importlib
import json
import os
import pathlib

from crowd import FAMILIES, SIBLINGS

ORDER = ("groove", "waltz", "breaks", "drift", "rubato", "rag")
ORDER += tuple(f"crowd/{family}-{seed}" for family in FAMILIES for seed in SIBLINGS)
DATA = pathlib.Path(__file__).resolve().parent.parent


def describe(entries):
    """Return the entries as JSON text, each long list of numbers on one line."""
    text = []
    for name in sorted(entries, key=ORDER.index):
        fields = [f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in entries[name].items()]
        text.append(f"  {json.dumps(name)}: {{\n" + ",\n".join(fields) + "\n  }")
    return "{\n" + ",\n".join(text) + "\n}\n"


def listing(name, folder=DATA):
    """Return the file that says what is known of a piece."""
    return folder / ("crowd.json" if name.startswith("crowd/") else "tracks.json")


def record(name, facts, folder=DATA):
    """Write the entry of one piece where it is listed and leave the others alone."""
    path = listing(name, folder)
    with open(folder / "compose" / "__main__.py") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        entries = json.loads(path.read_text()) if path.exists() else {}
        entries[name] = facts
        draft = path.with_suffix(".draft")
        draft.write_text(describe(entries))
        os.replace(draft, path)


def compose(name):
    """Return the score of a piece, and what says where it comes from: family and seed in the crowd."""
    folder, _, own = name.rpartition("/")
    if not folder:
        return importlib.import_module(name).compose(), {}
    family, seed = own.split("-")
    return importlib.import_module(f"{folder}.{family}").compose(int(seed)), {"family": family, "seed": int(seed)}


def entry(name, score, origin, audio):
    """Return the entry of a piece: what its score says, and what its sound file is."""
    truth = score.truth()
    return {
        "title": truth.pop("title"),
        "file": f"{name}.ogg",
        **origin,
        **{key: audio[key] for key in ("seconds", "sample_rate", "channels")},
        **truth,
        "licence": "CC BY 4.0",
        "sha256": audio["sha256"],
        "score_sha256": hashlib.sha256(score.midi_bytes()).hexdigest(),
    }


def build(name, score_only=False, report=None):
    """Compose a piece, render it and record it."""
    score, origin = compose(name)
    path = DATA / f"{name}.ogg"
    if score_only:
        audio = json.loads(listing(name).read_text())[name]
    else:
        import render

        path.parent.mkdir(exist_ok=True)
        sound, stems = render.mix(score)
        rate = (render.MASTER | score.master)["rate"]
        decoded = render.export(sound, path, score.title, score.master)
        audio = {
            "seconds": round(len(decoded) / rate, 6),
            "sample_rate": rate,
            "channels": decoded.shape[1],
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
    record(name, entry(name, score, origin, audio))
    if report and not score_only:
        from report import tell

        tell(score, decoded, stems, pathlib.Path(report), rate)
    print(f"{name}: {audio['seconds']:.1f} s, {path.stat().st_size / 1e6:.2f} MB")


def meant(names):
    """Return the pieces that some names mean: each its own, that of a family all of it."""
    return [
        piece for piece in ORDER if any(piece == name or piece.startswith((f"{name}/", f"{name}-")) for name in names)
    ]


def main():
    """Build the pieces named, or all."""
    parser = argparse.ArgumentParser(description="Compose and render the pieces.")
    parser.add_argument("names", nargs="*", help="such as groove, crowd or crowd/dub-2; all if none is named")
    parser.add_argument("--score-only", action="store_true", help="do not render, only rewrite the truth")
    parser.add_argument("--report", metavar="FOLDER", help="measure the result, and draw it there")
    chosen = parser.parse_args()
    for name in chosen.names:
        if not meant([name]):
            parser.error(f"there is no piece called {name!r}: the pieces are {', '.join(ORDER[:6])}, {ORDER[6]} ...")
    for name in meant(chosen.names) if chosen.names else ORDER:
        build(name, chosen.score_only, chosen.report)


if __name__ == "__main__":
    main()
