"""Build the pieces: ``python data/compose [--score-only] [--report FOLDER] [name ...]``."""

import argparse
import fcntl
import hashlib
import importlib
import json
import os
import pathlib

ORDER = ("groove", "waltz", "breaks", "drift", "rubato", "rag")
DATA = pathlib.Path(__file__).resolve().parent.parent


def describe(entries):
    """Return the entries as JSON text, each long list of numbers on one line."""
    text = []
    for name in sorted(entries, key=ORDER.index):
        fields = [f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in entries[name].items()]
        text.append(f"  {json.dumps(name)}: {{\n" + ",\n".join(fields) + "\n  }")
    return "{\n" + ",\n".join(text) + "\n}\n"


def record(name, facts, folder=DATA):
    """Write the entry of one piece into tracks.json and leave the others alone."""
    path = folder / "tracks.json"
    with open(folder / "compose" / "__main__.py") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        entries = json.loads(path.read_text()) if path.exists() else {}
        entries[name] = facts
        draft = path.with_suffix(".draft")
        draft.write_text(describe(entries))
        os.replace(draft, path)


def entry(score, audio):
    """Return the entry of a piece: what its score says, and what its sound file is."""
    truth = score.truth()
    return {
        "title": truth.pop("title"),
        "file": f"{score.name}.ogg",
        **{key: audio[key] for key in ("seconds", "sample_rate", "channels")},
        **truth,
        "licence": "CC BY 4.0",
        "sha256": audio["sha256"],
        "score_sha256": hashlib.sha256(score.midi_bytes()).hexdigest(),
    }


def build(name, score_only=False, report=None):
    """Compose a piece, render it and record it."""
    score = importlib.import_module(name).compose()
    path = DATA / f"{name}.ogg"
    if score_only:
        audio = json.loads((DATA / "tracks.json").read_text())[name]
    else:
        import render

        sound, stems = render.mix(score)
        decoded = render.export(sound, path, score.title, score.master)
        audio = {
            "seconds": round(len(decoded) / render.RATE, 6),
            "sample_rate": render.RATE,
            "channels": decoded.shape[1],
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
    record(name, entry(score, audio))
    if report and not score_only:
        from report import tell

        tell(score, decoded, stems, pathlib.Path(report))
    print(f"{name}: {audio['seconds']:.1f} s, {path.stat().st_size / 1e6:.2f} MB")


def main():
    """Build the pieces named, or all."""
    parser = argparse.ArgumentParser(description="Compose and render the pieces.")
    parser.add_argument("names", nargs="*", help="such as groove; all if none is named")
    parser.add_argument("--score-only", action="store_true", help="do not render, only rewrite the truth")
    parser.add_argument("--report", metavar="FOLDER", help="measure the result, and draw it there")
    chosen = parser.parse_args()
    there = [name for name in ORDER if (DATA / "compose" / f"{name}.py").exists()]
    for name in chosen.names or there:
        build(name, chosen.score_only, chosen.report)


if __name__ == "__main__":
    main()
