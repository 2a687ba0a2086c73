"""Let go of what a notebook no longer shows. It works by itself; no chapter needs it.

ipywidgets keeps every player until it is closed, and IPython keeps every output, so the music of each run would stay
for as long as the kernel. A page drops what a cell showed when that cell runs again: so does the kernel, here.
"""

import sys
from weakref import WeakKeyDictionary, WeakSet

__all__ = []

# The cells that made a player or show it.
_HOLDERS = WeakKeyDictionary()
# What the cell that runs now has made or shown.
_FRESH = WeakSet()
# The number of each cell's last output.
_NUMBERS = {}


def watch() -> None:
    """Be told by IPython, if there is one, when cells run."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell:
        shell.events.register("pre_run_cell", _begin)
        shell.events.register("post_run_cell", _end)


def hold(player) -> None:
    """Keep a player for as long as the cell that runs now shows what it showed in this run."""
    _FRESH.add(player)


def made(model_id: str):
    """Return a player that the cell that runs now made or showed."""
    return next(player for player in _FRESH if player.comm and player.model_id == model_id)


def _begin(_) -> None:
    """Forget what was made between two cells, such as by a button: nobody knows which cell shows it."""
    _FRESH.clear()


def _end(result) -> None:
    """Close the players that no cell holds any more, and take what the cell's last run put into `Out` out of it."""
    cell = result.info.cell_id
    if cell is None:
        return
    for cells in _HOLDERS.values():
        cells.discard(cell)
    for player in _FRESH:
        _HOLDERS.setdefault(player, set()).add(cell)
    for player in [player for player, cells in _HOLDERS.items() if not cells]:
        del _HOLDERS[player]
        player.close()
    if result.execution_count is not None:
        _forget(sys.modules["IPython"].get_ipython(), _NUMBERS.get(cell))
        _NUMBERS[cell] = result.execution_count


def _forget(shell, number: int | None) -> None:
    """Remove an output from `Out`, and the names IPython gave it, if it is or holds something of this project."""
    outputs = shell.user_ns.get("_oh", {})
    value = outputs.get(number)
    if not _ours(value):
        return
    del outputs[number]
    shown_again = any(other is value for other in outputs.values())
    for names in (shell.user_ns, shell.user_ns_hidden, vars(shell.displayhook)):
        if names.get(f"_{number}") is value:
            del names[f"_{number}"]
        for name in ("_", "__", "___"):
            if names.get(name) is value and not shown_again:
                names[name] = ""


def _ours(value) -> bool:
    """Say whether a value is or holds something of this project, or numbers, which may be part of some music."""
    several = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else [value]
    return any(type(one).__name__ == "ndarray" or type(one).__module__.startswith("helpers.") for one in several)
