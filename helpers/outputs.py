"""PNG and words for Jupyter: every picture is stored together with the same in words.

`clock` is explained in notebooks/11-self-similarity.ipynb.
"""

import base64
import io
import re
from functools import cache
from html import escape

import numpy as np

__all__ = ["clock"]

# What makes an output alive in Jupyter, and the mark by which `saved.js` knows an output of ours.
VIEW = "application/vnd.jupyter.widget-view+json"
MARK = "music-you-can-see"
# JupyterLab leaves the keys to an element with this attribute; that a parent has it is not enough.
OWN_KEYS = 'data-lm-suppress-shortcuts="true"'


def render(fig):
    """Draw a matplotlib figure into a Pillow image, and close it."""
    import matplotlib.pyplot as plt
    from matplotlib.text import Text
    from PIL import Image

    # The name of a piece may hold dollar signs; only the numbers along an axis may be formulas.
    named = [child for parent in (fig, *fig.axes) for child in parent.get_children() if isinstance(child, Text)]
    for text in named + [text for ax in fig.axes if ax.get_legend() for text in ax.get_legend().get_texts()]:
        text.set_parse_math(False)
    for text in fig.findobj(Text):
        _make_legible(text)
    fig.canvas.draw()
    image = Image.fromarray(np.array(fig.canvas.buffer_rgba())[..., :3])
    plt.close(fig)
    return image


def _make_legible(text) -> None:
    """Let a text use other installed fonts for what its own lacks, and leave out (…) what none of them has."""
    from matplotlib.font_manager import findfont, get_font

    own = get_font(findfont(text.get_fontproperties()))
    others = {
        c: "" if not c.isprintable() else _family(c) for c in set(text.get_text()) if not own.get_char_index(ord(c))
    }
    others.pop("\n", None)
    if others:
        unknown = "".join(re.escape(c) for c, family in others.items() if not family)
        text.set_text(re.sub(f"[{unknown}]+", "…", text.get_text()) if unknown else text.get_text())
        text.set_fontfamily([*text.get_fontfamily(), *sorted({*others.values()} - {""})])


@cache
def _family(character: str) -> str:
    """Return the family of an installed font that has a character; empty if there is none."""
    from matplotlib.font_manager import fontManager, get_font

    for font in sorted(fontManager.ttflist, key=lambda font: (font.style != "normal", font.weight != 400, font.name)):
        try:
            # One that is shipped with matplotlib has a box for everything.
            known = "LastResort" not in font.fname and get_font(font.fname)
        except (OSError, RuntimeError):
            continue
        if known and known.scalable and known.get_char_index(ord(character)):
            return font.name
    return ""


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


def in_html(data: dict, metadata: dict) -> str:
    """Return what is shown of an output as HTML: its PNG with its alt text, its own HTML, or its words."""
    if "image/png" in data:
        alt = metadata.get("image/png", {}).get("alt", data.get("text/plain", ""))
        source = "".join(data["image/png"].split())
        return f'<img alt="{escape(alt)}" src="data:image/png;base64,{source}">'
    return data.get("text/html") or f"<pre>{escape(data.get('text/plain', ''))}</pre>"


def fold(html: str, summary: str) -> str:
    """Return HTML that is folded away below a summary."""
    style = "display: list-item; width: fit-content; padding: 0.4em 0; cursor: pointer"
    return f'<details><summary style="{style}" {OWN_KEYS}>{escape(summary)}</summary>{html}</details>'


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
