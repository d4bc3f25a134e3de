"""GET over http and https: kept connections, ranges, redirects, proxies, time limits."""

import base64
import http.client
import socket
import ssl
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from nuanomaly.archive.errors import NuanomalyError

_REDIRECTS = {301, 302, 303, 307, 308}
_MAX_REDIRECTS = 5
_PASSING = {408, 425, 429}  # besides 5xx: worth another try


class SourceError(NuanomalyError):
    """A source did not give what was asked of it.

    Attributes
    ----------
    passing : bool
        Whether the same request may succeed later.
    wait : float
        Seconds the source asked to wait before that.
    """

    exit_code = 1

    def __init__(self, message: str, passing: bool = False, wait: float = 0.0) -> None:
        super().__init__(message)
        self.passing, self.wait = passing, wait


class RangeError(SourceError):
    """A source has no such range: what is here already cannot be the beginning of what it has."""

    def __init__(self, message: str) -> None:
        super().__init__(message, passing=True)


@dataclass(frozen=True)
class Stream:
    """Content from ``offset`` on (a source that knows no ranges begins at 0).

    Attributes
    ----------
    offset : int
    read : callable
        Takes the largest number of bytes wanted, returns some of them; none at the end, or where it broke
        off.
    total : int or None
        The length of the whole content, if the source says it.
    """

    offset: int
    read: Callable[[int], bytes]
    total: int | None = None


class HttpClient:
    """Gets URLs. Not shared between threads.

    Parameters
    ----------
    timeout : float
        Seconds to wait for a connection, and for each piece of an answer.
    user_agent : str
        What to call oneself.
    """

    def __init__(self, timeout: float = 30.0, user_agent: str = "nuanomaly") -> None:
        self._timeout, self._agent = timeout, user_agent
        self._connections: dict[tuple[str, str], http.client.HTTPConnection] = {}
        self._busy: socket.socket | None = None

    def close(self) -> None:
        """Close all connections; a thread that waits for an answer gets an error at once."""
        if self._busy is not None:
            with suppress(OSError):
                self._busy.shutdown(socket.SHUT_RDWR)
        while self._connections:
            with suppress(KeyError):  # the thread that uses it may drop it at the same time
                self._connections.popitem()[1].close()

    @contextmanager
    def get(self, url: str, offset: int = 0) -> Iterator[Stream]:
        """Open a URL from byte ``offset`` on.

        Raises
        ------
        SourceError
            For everything that goes wrong between here and there, while opening or while reading.
        """
        place = url
        with _named(place):
            place = urlsplit(url).netloc
        with _named(place):
            parts, response = self._follow(url, offset)

        def read(count: int) -> bytes:
            with _named(place):
                return response.read1(count)

        try:
            first = _offset(response, offset)
            yield Stream(first, read, None if response.length is None else first + response.length)
        finally:
            left = response.length != 0 and not response.isclosed()
            response.close()  # if read to its end, the connection is free for the next request
            if left:
                self._drop(parts)  # what is left of the answer would be taken for the next one

    def _follow(self, url: str, offset: int) -> tuple[SplitResult, http.client.HTTPResponse]:
        """Return the answer at the end of all redirects."""
        for _ in range(_MAX_REDIRECTS + 1):
            parts = urlsplit(url)
            response = self._request(parts, offset)
            if response.status not in _REDIRECTS:
                _raise_for(response, offset)
                return parts, response
            response.close()
            self._drop(parts)
            target = urljoin(url, response.headers.get("Location", ""))
            scheme = urlsplit(target).scheme
            if scheme not in ("http", "https") or (parts.scheme == "https" and scheme == "http"):
                raise SourceError(f"{parts.netloc} redirects to {target!r}, which is not safe to follow")
            url = target
        raise SourceError(f"{urlsplit(url).netloc} redirects more than {_MAX_REDIRECTS} times")

    def _request(self, parts: SplitResult, offset: int) -> http.client.HTTPResponse:
        """Send one request; a kept connection that the server has closed meanwhile is opened again, once."""
        proxy = _proxy(parts)
        headers = {"User-Agent": self._agent, "Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        if proxy and parts.scheme == "http":
            headers |= _credentials(proxy)
        target = parts.path or "/"
        target += f"?{parts.query}" if parts.query else ""
        if proxy and parts.scheme == "http":
            target = f"http://{parts.netloc}{target}"
        key = (parts.scheme, parts.netloc)
        for kept in (key in self._connections, False):
            connection = self._connections.get(key) or self._connect(parts, proxy)
            self._connections[key] = connection
            try:
                connection.request("GET", target, headers=headers)
                self._busy = connection.sock
                if self._connections.get(key) is not connection:
                    # given up by another thread while this one connected, when there was nothing to close yet
                    raise SourceError(f"{parts.netloc}: was given up")
                _acknowledge_at_once(connection)
                return connection.getresponse()
            except (ConnectionError, http.client.BadStatusLine, http.client.CannotSendRequest):
                self._discard(key, connection)
                if not kept:
                    raise
            except BaseException:
                self._discard(key, connection)
                raise
        raise AssertionError("the second turn returns or raises")

    def _connect(self, parts: SplitResult, proxy: SplitResult | None) -> http.client.HTTPConnection:
        """Return a new connection, through the proxy if there is one."""
        if not parts.hostname or parts.scheme not in ("http", "https"):
            raise SourceError(f"{parts.geturl()!r} is not a URL that can be fetched")
        host, port = parts.hostname, parts.port
        through = (proxy.hostname or "", proxy.port or 80) if proxy else None
        if parts.scheme == "http":
            return http.client.HTTPConnection(*(through or (host, port)), timeout=self._timeout)
        connection = http.client.HTTPSConnection(*(through or (host, port)), timeout=self._timeout)
        if proxy:
            connection.set_tunnel(host, port or 443, _credentials(proxy))
        return connection

    def _discard(self, key: tuple[str, str], connection: http.client.HTTPConnection) -> None:
        """Close a connection, whether or not it is still one that is kept."""
        if self._connections.get(key) is connection:
            self._connections.pop(key, None)
        connection.close()

    def _drop(self, parts: SplitResult) -> None:
        connection = self._connections.pop((parts.scheme, parts.netloc), None)
        if connection:
            connection.close()


@contextmanager
def limited(seconds: float, close: Callable[[], object]) -> Iterator[threading.Event]:
    """Give up what a server does not finish in time, however it drips: its connections are closed then.

    Parameters
    ----------
    seconds : float
        For everything that is done within.
    close : callable
        Closes the connections; whoever waits for them gets an error.

    Yields
    ------
    threading.Event
        Set when time is up.

    Raises
    ------
    SourceError
        In place of what was raised within, once time is up.
    """
    expired = threading.Event()

    def give_up() -> None:
        expired.set()
        close()

    timer = threading.Timer(seconds, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield expired
    except SourceError:
        if expired.is_set():
            raise SourceError(f"was given up after {seconds:.0f} s") from None
        raise
    finally:
        timer.cancel()


@contextmanager
def _named(place: str) -> Iterator[None]:
    """Turn what the network may raise into one kind of error that names the server."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise SourceError(f"the certificate of {place} is not trusted ({error.verify_message})") from None
    except ValueError as error:  # a port, a host or a label that no parser takes, also of a redirect
        raise SourceError(f"{place}: leads to an address that is none ({error})") from None
    except (OSError, http.client.HTTPException) as error:
        words = " ".join(str(error).split())  # a server's own, maybe
        said = "no answer in time" if isinstance(error, TimeoutError) else words or type(error).__name__
        raise SourceError(f"{place}: {said}", passing=True) from None


def _acknowledge_at_once(connection: http.client.HTTPConnection) -> None:
    """Ask the system not to delay acknowledgements (Linux; it forgets this after a while).

    A server that writes header and body apart, with Nagle's algorithm on, sends a small body only when the
    header has been acknowledged: on a kept connection, 40 ms later.
    """
    if connection.sock is not None and hasattr(socket, "TCP_QUICKACK"):
        with suppress(OSError):
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _offset(response: http.client.HTTPResponse, asked: int) -> int:
    """Return the byte the answer begins at."""
    if response.status != 206:
        return 0
    unit, _, span = response.headers.get("Content-Range", "").partition(" ")
    first = span.partition("-")[0]
    if unit != "bytes" or not first.isdecimal() or int(first) != asked:
        raise RangeError("the server answers with another range than was asked for")
    return asked


def _raise_for(response: http.client.HTTPResponse, offset: int) -> None:
    """Raise unless the answer carries the content."""
    status, reason = response.status, response.reason
    if status == 200 or (status == 206 and offset):
        return
    response.close()
    if status == 416:
        raise RangeError("416: what the server has is shorter than what is here already")
    wait = 0.0
    with suppress(ValueError):
        wait = float(response.headers.get("Retry-After", "0"))
    raise SourceError(f"{status} {reason}", passing=status >= 500 or status in _PASSING, wait=wait)


def _proxy(parts: SplitResult) -> SplitResult | None:
    """Return the proxy the environment names for a URL (``http_proxy``, ``https_proxy``, ``no_proxy``)."""
    named = urllib.request.getproxies().get(parts.scheme)
    if not named or urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    return urlsplit(named if "://" in named else f"http://{named}")


def _credentials(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair).decode()}
