"""PNG and words for Jupyter: every picture is stored together with the same in words.

`clock` is explained in notebooks/10-self-similarity.ipynb.
"""

import base64
import io

import numpy as np

__all__ = ["clock"]


def render(fig):
    """Draw a matplotlib figure into a Pillow image, and close it."""
    import matplotlib.pyplot as plt
    from matplotlib.text import Text
    from PIL import Image

    # The name of a piece may hold dollar signs; only the numbers along an axis may be formulas.
    named = [child for parent in (fig, *fig.axes) for child in parent.get_children() if isinstance(child, Text)]
    for text in named + [text for ax in fig.axes if ax.get_legend() for text in ax.get_legend().get_texts()]:
        text.set_parse_math(False)
    fig.canvas.draw()
    image = Image.fromarray(np.array(fig.canvas.buffer_rgba())[..., :3])
    plt.close(fig)
    return image


def emit(image, alt: str) -> None:
    """Show a Pillow image with its alt text."""
    from IPython.display import display

    data, metadata = bundle(image, alt)
    display(data, metadata=metadata, raw=True)


def bundle(image, alt: str) -> tuple[dict, dict]:
    """Return what Jupyter stores of a Pillow image: the PNG, the same in words, and the words as its alt text."""
    buffer = io.BytesIO()
    _with_palette(image).save(buffer, "png", optimize=True)
    png = base64.b64encode(buffer.getvalue()).decode()
    return {"image/png": png, "text/plain": alt}, {"image/png": {"alt": alt}}


def _with_palette(image):
    """Return a Pillow image with its colours in a table if 256 are enough: half the bytes or less.

    Enough means that no channel of any pixel changes by more than 2 of 255. So it is for a colormap with smoothed
    letters beside it, and not for pictures of many colours, which stay as they are.
    """
    from PIL import Image

    small = image.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    before, after = (np.asarray(one.convert("RGB"), dtype=np.int16) for one in (image, small))
    return small if np.abs(before - after).max() <= 2 else image


def clock(seconds: float, minutes: bool = False) -> str:
    """Write a time as a listener says it: 1:07 for 67 s, but 6.7 s for a time below ten seconds.

    Examples
    --------
    >>> outputs.clock(6.7), outputs.clock(67)
    ('6.7 s', '1:07')
    """
    if abs(seconds) < 10 and not minutes:
        return f"{seconds:.3g} s"
    return f"{round(seconds) // 60}:{round(seconds) % 60:02d}"
