"""Turn music into pictures: when, what, where, how. Start with notebooks/00-start-here.ipynb.

In every module, `__all__` names what chapters and readers use, a name with an underscore is private to its module, and
any other name is shared inside the package. The examples expect `import numpy as np` and `from helpers import *`.
"""

import lazy_loader

from helpers import cells

cells.watch()
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        *("axes", "cells", "checks", "colors", "corpus", "exercises", "explorer", "features", "figures", "files"),
        *("guesses", "layouts", "mixing", "moments", "mpeg", "outputs", "pictures", "player", "predictions", "quizzes"),
        *("scales", "sections", "sounds", "spectra", "tempo", "tracks"),
        *("command", "folders", "ledger", "passages", "recipes", "robots", "sources", "study", "workers"),
    ],
    submod_attrs={
        "exercises": ["check", "score"],
        "explorer": ["Explorer", "explore"],
        "figures": ["draw", "show"],
        "folders": ["DataSet", "make_pictures"],
        "pictures": ["Picture", "gallery"],
        "player": ["Player", "play"],
        "predictions": ["predict", "shuffled"],
        "quizzes": ["Quiz", "quiz"],
        "sounds": ["resynthesise"],
        "tracks": ["Track", "TrackError", "load_track"],
    },
)
