"""A real JupyterLab in a real browser: a server of its own, and a notebook that is open in it.

The browser is the user's own Chromium, Chrome or Firefox; nothing is downloaded. No port, file or setting is shared
with a JupyterLab that may be running already.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import nbformat
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

PATIENCE = 60
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/snap/bin/chromium",
)
FIREFOXES = ("firefox-esr", "firefox")
FLAGS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# A sound card for Firefox, which keeps silent without one; Chromium has its own.
PREFERENCES = {"media.cubeb.force_mock_context": True}
SETTINGS = {
    # All cells stay attached, so that all outputs can be looked at.
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
# What a page says of its sound: where it is, and whether it is silent. What is heard, only an ear can tell.
EARS = """
    globalThis.ours = () => globalThis[Symbol.for("music-you-can-see")];
    globalThis.sound = () => {
        const core = ours()?.sounding;
        return { at: core?.position ?? 0, paused: !core?.playing, volume: core?.deck.volume };
    };
"""
# How a page without errors talks to the notebook that is open in it.
PANEL = "const panel = jupyterapp.shell.currentWidget;"


def chromium() -> str | None:
    """Return the path of a Chromium or Chrome on this computer, or None."""
    home = [str(Path.home()) + path for path in APPLICATIONS if path.startswith("/Applications")]
    found = [*map(shutil.which, NAMES), *(path for path in (*APPLICATIONS, *home) if os.access(path, os.X_OK))]
    return next(filter(None, found), None)


def firefox() -> str | None:
    """Return the path of a Firefox on this computer, or None."""
    return next(filter(None, map(shutil.which, FIREFOXES)), None)


@contextmanager
def driver() -> Iterator[Playwright]:
    """Start what drives browsers, once: a process can have only one of it at a time."""
    if driver.running:
        yield driver.running
        return
    with sync_playwright() as driver.running:
        try:
            yield driver.running
        finally:
            driver.running = None


driver.running = None


@contextmanager
def browser(path: str) -> Iterator[Browser]:
    """Start the browser at `path`, without a window: a Firefox if its name says so, else a Chromium."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with driver() as playwright:
        if Path(path).name in FIREFOXES:
            python = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            started = playwright.firefox.launch(
                channel="moz-firefox",
                executable_path=Path(__file__).with_name("relay.py"),
                env={**os.environ, "FIREFOX": path, "PATH": python},
                firefox_user_prefs=PREFERENCES,
            )
        else:
            started = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *["--no-sandbox"] * root])
        try:
            yield started
        finally:
            started.close()


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Start a JupyterLab whose notebooks and settings are below `folder`; yields its address, token included."""
    notebooks = folder / "notebooks"
    notebooks.mkdir(parents=True, exist_ok=True)
    for name, values in SETTINGS.items():
        path = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    own = ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")
    token = secrets.token_hex(16)
    environment = os.environ | {name: str(folder / name.lower()) for name in own}
    environment |= {"JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "JUPYTER_TOKEN": token}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *(f"--ServerApp.root_dir={notebooks}", "--LabApp.extension_manager=readonly"),
    ]
    log = folder / "server.log"
    with log.open("w") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        await_answer(f"{address}/api/status?token={token}", process, log)
        yield f"{address}/lab?token={token}"
    finally:
        process.terminate()
        process.wait(PATIENCE)


def await_answer(address: str, process: subprocess.Popen, log: Path) -> None:
    """Wait until a server answers; raises what it wrote if it stops or stays silent."""
    end = monotonic() + PATIENCE
    while monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            sleep(0.1)
        else:
            return
    raise RuntimeError(f"JupyterLab does not answer:\n{log.read_text()}")


class Notebook:
    """A notebook that is open in a page of its own.

    Attributes
    ----------
    page : playwright Page
    errors : list of str
        What the page complained of.
    sent : int
        How many messages went from the page to kernels.
    """

    def __init__(self, context: BrowserContext, address: str, name: str):
        self.page: Page = context.new_page()
        self.page.set_default_timeout(1000 * PATIENCE)
        self.errors, self.sent = [], 0
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda entry: entry.type == "error" and self.errors.append(entry.text))
        self.page.on("websocket", lambda socket: socket.on("framesent", self.count))
        self.page.add_init_script(EARS)
        self.page.goto(address.replace("/lab?", f"/lab/tree/{name}?reset&"))
        self.page.wait_for_function(
            f"""() => {{
                if (!globalThis.jupyterapp?.shell.currentWidget?.sessionContext) return false;
                {PANEL}
                return panel.content.model?.cells.length && panel.sessionContext.session?.kernel?.status === "idle";
            }}"""
        )

    def count(self, _) -> None:
        """Count a message."""
        self.sent += 1

    def run_all(self) -> list[dict]:
        """Run all cells as the menu does and return their outputs, of all cells in one list."""
        return [output for cell in self.run_each() for output in cell]

    def run_each(self) -> list[list[dict]]:
        """Run all cells as the menu does and return the outputs of each that has code."""
        return self.page.evaluate(
            f"""async () => {{
                {PANEL}
                await jupyterapp.commands.execute("notebook:run-all-cells");
                return [...panel.content.model.cells].flatMap((cell) => cell.outputs ? [cell.outputs.toJSON()] : []);
            }}"""
        )

    def run(self, *sources: str) -> list[dict]:
        """Put cells in place of those that are there, and run them in the same kernel."""
        self.page.evaluate(
            f"""(sources) => {{
                {PANEL}
                const shared = panel.content.model.sharedModel;
                const old = shared.cells.length;
                shared.insertCells(old, sources.map((source) => ({{ cell_type: "code", source }})));
                shared.deleteCellRange(0, old);
            }}""",
            sources,
        )
        outputs = self.run_all()
        assert [output for output in outputs if output["output_type"] == "error"] == []
        return outputs

    def do(self, code: str) -> str:
        """Run some code in the kernel, outside of all cells, and return what it printed."""
        printed, problem = self.page.evaluate(
            f"""async (code) => {{
                {PANEL}
                let printed = "";
                const run = panel.sessionContext.session.kernel.requestExecute({{ code, store_history: false }});
                run.onIOPub = ({{ content }}) => {{ printed += content.text ?? ""; }};
                const {{ content }} = await run.done;
                return [printed, content.status === "ok" ? "" : content.evalue];
            }}""",
            code,
        )
        assert not problem, problem
        return printed

    def ask(self, expression: str):
        """Return the value of an expression in the kernel, if JSON can carry it."""
        return json.loads(self.do(f"import json; print(json.dumps({expression}))"))

    def until(self, expression: str) -> None:
        """Wait until an expression is true in the kernel."""
        end = monotonic() + PATIENCE
        while not self.ask(f"bool({expression})"):
            assert monotonic() < end, f"{expression} does not become true"
            self.page.wait_for_timeout(20)

    def theme(self, name: str) -> None:
        """Choose "Light" or "Dark"."""
        self.page.evaluate(
            "(theme) => jupyterapp.commands.execute('apputils:change-theme', { theme })", f"JupyterLab {name}"
        )
        self.page.wait_for_selector(f"body[data-jp-theme-light='{json.dumps(name == 'Light')}']", state="attached")

    def screenshots(self, folder: Path, name: str) -> None:
        """Save what is to be seen of the notebook, as many screens as it takes."""
        folder.mkdir(parents=True, exist_ok=True)
        scroller = self.page.locator(".jp-WindowedPanel-outer").first
        height, whole = scroller.evaluate("(at) => [at.clientHeight, at.scrollHeight]")
        for i, top in enumerate(range(0, whole, height)):
            scroller.evaluate("(at, top) => { at.scrollTop = top; }", top)
            self.page.screenshot(path=folder / f"{name}-{i:02d}.png")

    def empty(self) -> None:
        """Close all widgets, wait until no player is left on the page, and forget what was complained about."""
        self.run("import ipywidgets", "ipywidgets.Widget.close_all()")
        self.page.wait_for_function("!document.querySelector('.mycs')")
        self.errors.clear()

    def close(self) -> None:
        """Stop the kernel and close the page."""
        try:
            self.page.evaluate(f"async () => {{ {PANEL} await panel.sessionContext.shutdown(); }}")
        finally:
            self.page.close()


def write(path: Path, *sources: str) -> None:
    """Write a notebook of code cells."""
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{i}") for i, source in enumerate(sources)]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


class Laboratory:
    """A JupyterLab and a browser in which to open notebooks."""

    def __init__(self, folder: Path, address: str, context: BrowserContext):
        self.folder, self.address, self.context = folder / "notebooks", address, context

    def notebook(self, name: str, anew=True) -> Notebook:
        """Open a notebook; an empty one, if `anew`."""
        if anew:
            write(self.folder / name, "")
        return Notebook(self.context, self.address, name)


@contextmanager
def opened(folder: Path, path: str) -> Iterator[Laboratory]:
    """Start a JupyterLab below `folder` and the browser at `path`."""
    with browser(path) as started, server(folder) as address:
        context = started.new_context(viewport={"width": 1200, "height": 1600}, has_touch=True)
        yield Laboratory(folder, address, context)


def required(find, name: str) -> str:
    """Return the path that `find` finds; without a browser, skip the test, or let it fail where all must be proven."""
    path = find()
    if path is None:
        missing = f"no {name} was found: install it to see the notebooks tested in a real JupyterLab"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    return path


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory):
    """A JupyterLab and a browser for the tests of a module."""
    with opened(tmp_path_factory.mktemp("lab"), required(chromium, "Chromium or Chrome")) as laboratory:
        yield laboratory
