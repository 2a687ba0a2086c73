#!/usr/bin/env python3
"""Starts the Firefox named by the variable FIREFOX and stands between it and Playwright.

Playwright sends commands of WebDriver BiDi that the Firefox of a distribution does not know yet, and gives up at the
first. Here such a command is answered as if it had been obeyed: what it asks for (a preferred colour scheme, for
instance) is then simply as the browser has it.
"""

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import WebSocketHandler, websocket_connect

LARGEST = 1 << 30  # bytes in a message


class Relay(WebSocketHandler):
    """One conversation."""

    def initialize(self, address: str) -> None:
        """Remember where the browser is."""
        self.address = address

    async def open(self) -> None:
        """Call the browser as soon as Playwright calls."""
        self.browser = asyncio.ensure_future(websocket_connect(self.address, max_message_size=LARGEST))
        self.answers = asyncio.ensure_future(self.answer(await self.browser))

    async def on_message(self, message) -> None:
        """Pass on a command."""
        await (await self.browser).write_message(message)

    async def answer(self, browser) -> None:
        """Pass on what the browser says."""
        while (message := await browser.read_message()) is not None:
            if '"unknown command"' in message[:200]:
                said = json.loads(message)
                if said.get("error") == "unknown command":
                    message = json.dumps({"type": "success", "id": said["id"], "result": {}})
            await self.write_message(message)
        self.close()


async def main() -> int:
    """Start the browser and serve until it ends."""
    browser = await asyncio.create_subprocess_exec(os.environ["FIREFOX"], *sys.argv[1:], stderr=PIPE, limit=1 << 20)
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, browser.terminate)
    async for line in browser.stderr:
        text = line.decode(errors="replace").rstrip()
        found = re.search(r"(?<=WebDriver BiDi listening on )ws://\S+", text)
        if found:
            (socket,) = bind_sockets(0, "127.0.0.1")
            handlers = [("/session", Relay, {"address": f"{found[0]}/session"})]
            HTTPServer(Application(handlers, websocket_max_message_size=LARGEST)).add_socket(socket)
            text = text.replace(found[0], f"ws://127.0.0.1:{socket.getsockname()[1]}")
        print(text, file=sys.stderr, flush=True)
    return await browser.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
