"""A long, narrow line between a browser and a server on this machine."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Line:
    """One direction of a line: everything arrives later, and no faster than the line is wide."""

    def __init__(self):
        self.delay, self.rate, self.free = 0.0, 1e9, 0.0

    async def carry(self, reader, writer) -> None:
        """Carry what comes until its end; all connections share the width."""
        loop, queue = asyncio.get_running_loop(), asyncio.Queue(64)

        async def arrive():
            while (item := await queue.get()) is not None:
                due, data = item
                await asyncio.sleep(due - loop.time())
                writer.write(data)
                await writer.drain()
            writer.close()

        arriving = asyncio.ensure_future(arrive())
        try:
            while data := await reader.read(4096):
                self.free = max(self.free, loop.time()) + len(data) / self.rate
                await queue.put((self.free + self.delay, data))
        except ConnectionError:
            pass
        await queue.put(None)
        await arriving


class Far:
    """A port of this machine, at the end of a line.

    Attributes
    ----------
    port : int
        The far end.
    """

    def __init__(self, port: int):
        self.near, self.up, self.down = port, Line(), Line()

    def narrow(self, delay: float, bits_a_second: float) -> None:
        """Let everything take `delay` seconds each way from now on, and the line carry so much."""
        for line in (self.up, self.down):
            line.delay, line.rate = delay, bits_a_second / 8

    async def connected(self, reader, writer) -> None:
        """Carry one connection, there and back."""
        there, back = await asyncio.open_connection("127.0.0.1", self.near)
        with suppress(asyncio.CancelledError):
            await asyncio.gather(self.up.carry(reader, back), self.down.carry(there, writer), return_exceptions=True)


@contextmanager
def away(port: int) -> Iterator[Far]:
    """Put a line before a port of this machine, wide and short at first."""
    far, begun = Far(port), threading.Event()

    async def serve():
        far.end, loop = asyncio.Event(), asyncio.get_running_loop()
        server = await asyncio.start_server(far.connected, "127.0.0.1", 0)
        far.port = server.sockets[0].getsockname()[1]
        far.close = lambda: loop.call_soon_threadsafe(far.end.set)
        begun.set()
        await far.end.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    begun.wait()
    try:
        yield far
    finally:
        far.close()
        thread.join()
