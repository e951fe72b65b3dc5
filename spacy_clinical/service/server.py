"""Run a service: the socket, the event loop, and what signals do."""

import logging
import signal
import socket
import threading
from collections.abc import Callable

import uvicorn
from spacy.language import Language

from spacy_clinical.errors import CodedOSError, Errors, get_own_message, name_type
from spacy_clinical.service.app import create_app
from spacy_clinical.service.engine import Engine
from spacy_clinical.service.protocol import make_protocol

# Connections that the system keeps until they are accepted.
BACKLOG = 2048
STOPPING = (signal.SIGTERM, signal.SIGINT)
_log = logging.getLogger(__name__)


def bind(host: str, port: int) -> socket.socket:
    """Open the socket to listen on. Nothing is accepted before the service is ready.

    port: 0 for any that is free.
    RAISES OSError: C997, if it can't be opened.
    """
    opened = None
    try:
        [(family, kind, protocol, _, address), *_] = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        # asyncio sends small answers at once (TCP_NODELAY) only where the protocol is
        # named; each would wait 40 ms otherwise.
        opened = socket.socket(family, kind, protocol)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
    except OSError as error:
        if opened is not None:
            opened.close()
        raise _make_error(host, port, error) from None
    opened.set_inheritable(True)
    return opened


def listen(opened: socket.socket) -> None:
    """Listen, when the service is ready.

    RAISES OSError: C997, if another service has begun to listen there meanwhile.
    """
    try:
        opened.listen(BACKLOG)
    except OSError as error:
        host, port = opened.getsockname()[:2]
        raise _make_error(host, port, error) from None


def _make_error(host: str, port: int, error: OSError) -> CodedOSError:
    reason = error.strerror or type(error).__name__
    return CodedOSError(Errors.C997.format(host=host, port=port, reason=reason))


def make_server(engine: Engine) -> uvicorn.Server:
    """Make the server of a service. Its `run` takes the socket, and returns at the end.

    SIGTERM and SIGINT end it: no connection is accepted any more, and requests that have
    begun are answered.
    """
    settings = engine.settings
    config = uvicorn.Config(
        create_app(engine),
        http=make_protocol(settings),
        ws="none",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=max(1, int(settings.header_timeout)),
        timeout_graceful_shutdown=int(settings.timeout) + 1,
    )
    return uvicorn.Server(config)


def run_alone(
    engine: Engine, opened: socket.socket, load: Callable[[], Language]
) -> None:
    """Run a service in this process.

    opened: The socket.
    load: Loads the pipeline for notes again, on SIGHUP.
    """
    server = make_server(engine)
    stop_on_signals(server)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, lambda *_: _reload(engine, load))
    server.run(sockets=[opened])


def stop_on_signals(server: uvicorn.Server) -> None:
    """Let signals stop a server, also before it runs.

    uvicorn raises them again when it has stopped, which then does nothing, so that the
    exit status is 0.
    """

    def stop(*_: object) -> None:
        server.should_exit = True

    for number in STOPPING:
        signal.signal(number, stop)


def _reload(engine: Engine, load: Callable[[], Language]) -> None:
    """Load a pipeline on a thread of its own; requests are answered meanwhile."""

    def run() -> None:
        if reload_pipeline(load, engine.replace):
            _log.info("The pipeline was loaded again")

    threading.Thread(target=run, name="reload", daemon=True).start()


def reload_pipeline(
    load: Callable[[], Language], use: Callable[[Language], None]
) -> bool:
    """Load a pipeline again, and keep the old one if that fails.

    use: Called with the new one.
    RETURNS: Whether it was loaded.
    """
    try:
        use(load())
    # Whatever is wrong with the new pipeline, the service goes on.
    except Exception as error:
        _log.error(
            "The old pipeline stays: %s", get_own_message(error) or name_type(error)
        )
        return False
    return True


def is_loopback(opened: socket.socket) -> bool:
    """Check whether only this machine can reach a socket."""
    host = opened.getsockname()[0]
    return host == "::1" or host.startswith("127.")


def name_address(opened: socket.socket) -> str:
    """Name the address of a socket, to open in a browser."""
    host, port = opened.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
