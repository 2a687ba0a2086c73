"""Turn music into pictures: when, what, where, how. Start with notebooks/00-start-here.ipynb."""

import lazy_loader

from helpers import cells

cells.watch()
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        *("colors", "exercises", "explorer", "features", "figures", "layouts", "moments", "pictures"),
        *("player", "sections", "sounds", "tempo", "tracks"),
    ],
    submod_attrs={
        "exercises": ["check"],
        "explorer": ["Explorer", "explore"],
        "figures": ["draw", "show"],
        "pictures": ["Picture"],
        "player": ["Player", "play"],
        "sounds": ["resynthesise"],
        "tracks": ["Track", "TrackError", "load_track"],
    },
)
