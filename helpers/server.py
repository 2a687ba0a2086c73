"""Let JupyterLab send what a slider changes at once. `make lab` names it; no chapter needs it."""

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class Prompt(ZMQChannelsWebsocketConnection):
    """The connection between page and kernel, with TCP_NODELAY.

    Without it a message under 64 kB, such as a picture of 224 × 224 levels, waits some 40 ms for its successor
    (Nagle's algorithm, RFC 896, against the delayed acknowledgements of RFC 1122).
    """

    def connect(self):
        """Connect to the kernel, as always."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
