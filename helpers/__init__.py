"""Turn music into pictures: when, what, where, how. Start with notebooks/00-start-here.ipynb."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["colors", "exercises", "features", "figures", "layouts", "moments", "pictures", "tracks"],
    submod_attrs={
        "exercises": ["check"],
        "figures": ["draw", "show"],
        "pictures": ["Picture"],
        "tracks": ["Track", "TrackError", "load_track"],
    },
)
