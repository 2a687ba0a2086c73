"""How Sphinx makes the book: offline, from what `pages.py` has prepared."""

import json
import os
from pathlib import Path

from pages import address

SOURCE = Path(os.environ["BOOK_SOURCE"])

project = html_title = "Music you can see"
author = "Music you can see"
copyright = "the contributors. Code: MIT. Prose and music: CC BY 4.0."
language = "en"

extensions = ["myst_nb"]
nb_execution_mode = "off"
# The pictures come to life by scripts of the book itself.
nb_ipywidgets_js = {}
nb_merge_streams = True
myst_heading_anchors = 3

templates_path = ["templates"]
html_theme = "furo"
pygments_style, pygments_dark_style = "a11y-high-contrast-light", "a11y-high-contrast-dark"
html_static_path = [str(SOURCE / "_static")]
html_favicon = str(SOURCE / "icon.png")
html_css_files = ["book.css"]
html_use_index = html_copy_source = html_show_sourcelink = False
html_baseurl = os.environ.get("BOOK_URL", "")
html_theme_options = {
    "top_of_page_buttons": [],
    "light_css_variables": {
        "color-brand-primary": "#6b2a8a",
        "color-brand-content": "#6b2a8a",
        "color-code-background": "#f6f5f8",
    },
    "dark_css_variables": {"color-brand-primary": "#f0a6c8", "color-brand-content": "#f0a6c8"},
}


def setup(app):
    """Tell each page what is said of it, and which scripts bring it to life."""
    abouts = json.loads((SOURCE / "about.json").read_text("utf-8"))

    def tell(app, pagename, templatename, context, doctree):
        about = abouts.get(pagename)
        if about:
            about["address"] = address(f"_static/{about['picture']}", pagename, html_baseurl)
            scripts = ["book.js"] + ["host.js"] * ("data-live=" in context.get("body", ""))
            context["scripts"] = [address(f"_static/{name}", pagename, "") for name in scripts]
        context["abouts"] = abouts

    app.connect("html-page-context", tell)
