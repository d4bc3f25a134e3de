"""What happens between here and a web server."""

import http.client
import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from nuanomaly.archive.fetching.http import HttpClient, SourceError


@pytest.fixture
def client() -> Iterator[HttpClient]:
    made = HttpClient(timeout=2.0)
    yield made
    made.close()


@pytest.fixture
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (tmp_path / "text").write_bytes(b"0123456789")
    return tmp_path


def read(client: HttpClient, url: str, offset: int = 0) -> bytes:
    with client.get(url, offset) as stream:
        parts = list(iter(lambda: stream.read(4), b""))
    assert all(len(p) <= 4 for p in parts)
    return b"".join(parts)


def test_a_connection_is_kept_for_the_next_request(
    client: HttpClient, direct: None, text: Path, serve: Callable[[Path], Any]
) -> None:
    server = serve(text)
    assert [read(client, f"{server.url}/text", offset) for offset in (0, 3, 9)] == [
        b"0123456789",
        b"3456789",
        b"9",
    ]
    assert server.connections == 1


def test_an_answer_that_is_left_early_does_not_spoil_the_next(
    client: HttpClient, direct: None, text: Path, serve: Callable[[Path], Any]
) -> None:
    server = serve(text)
    with client.get(f"{server.url}/text") as stream:
        assert stream.read(2) == b"01"
    assert read(client, f"{server.url}/text") == b"0123456789"
    assert server.connections == 2


def test_a_kept_connection_that_the_server_closed_is_opened_again(
    client: HttpClient, direct: None, text: Path, serve: Callable[[Path], Any]
) -> None:
    server = serve(text)

    def then_close(handler: Any, content: bytes, offset: int) -> None:
        handler.give(content, offset)  # without saying that it will close
        handler.close_connection = True

    server.faults["text"] = [then_close]
    read(client, f"{server.url}/text")
    assert read(client, f"{server.url}/text") == b"0123456789"
    assert server.connections == 2


def test_the_offset_and_the_length_are_known(
    client: HttpClient, direct: None, text: Path, serve: Callable[[Path], Any]
) -> None:
    with client.get(f"{serve(text).url}/text", 4) as stream:
        assert (stream.offset, stream.total) == (4, 10)


def test_an_answer_with_another_range_is_refused(
    client: HttpClient, direct: None, text: Path, serve: Callable[[Path], Any]
) -> None:
    server = serve(text)
    server.faults["text"] = [lambda h, c, o: h.answer(206, c[2:], {"Content-Range": "bytes 2-9/10"})]
    with pytest.raises(SourceError, match="another range"):
        read(client, f"{server.url}/text", 4)
    assert read(client, f"{server.url}/text") == b"0123456789"


def test_a_range_beyond_the_end_is_refused(
    client: HttpClient, direct: None, text: Path, serve: Callable[[Path], Any]
) -> None:
    with pytest.raises(SourceError, match="shorter than what is here"):
        read(client, f"{serve(text).url}/text", 10)


@pytest.mark.parametrize("answer", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 999999 x\r\n\r\n", b"\0" * 70_000])
def test_a_server_that_does_not_speak_http_is_one_kind_of_error(
    client: HttpClient, direct: None, answer: bytes
) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def speak() -> None:
            # the client may give up before it sent or read all, and the socket closes when the test is over
            with suppress(OSError):
                for _ in range(2):
                    connection, _ = listening.accept()
                    with connection:
                        connection.recv(1000)
                        connection.sendall(answer)

        thread = threading.Thread(target=speak, daemon=True)
        thread.start()
        with pytest.raises(SourceError, match=r"127\.0\.0\.1:\d+: ") as caught:
            read(client, f"http://127.0.0.1:{listening.getsockname()[1]}/x")
        assert caught.value.passing


@pytest.mark.parametrize("url", ["http:///x", "https:/x", "http://"])
def test_a_url_without_a_server_is_refused(client: HttpClient, url: str) -> None:
    with pytest.raises(SourceError):
        read(client, url)


class Proxy(http.server.BaseHTTPRequestHandler):
    """A proxy that answers everything itself, and remembers what it was asked."""

    asked: list[tuple[str, str]]

    def log_message(self, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Proxy-Authorization", "")))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def do_CONNECT(self) -> None:
        self.asked.append((self.path, self.headers.get("Proxy-Authorization", "")))
        self.send_error(403)


@pytest.fixture
def proxy() -> Iterator[tuple[int, list[tuple[str, str]]]]:
    handler = type("Handler", (Proxy,), {"asked": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_address[1], handler.asked  # type: ignore[attr-defined]
        server.shutdown()


def test_a_proxy_of_the_environment_is_used(
    client: HttpClient, proxy: tuple[int, list[tuple[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, asked = proxy
    monkeypatch.setenv("http_proxy", f"http://me:s%40cret@127.0.0.1:{port}")
    monkeypatch.setenv("https_proxy", f"127.0.0.1:{port}")
    monkeypatch.setenv("no_proxy", "")
    assert read(client, "http://archive.invalid/index.json?x=1") == b"ok"
    with pytest.raises(SourceError, match=r"archive\.invalid: .*403"):
        read(client, "https://archive.invalid/index.json")
    assert asked == [
        ("http://archive.invalid/index.json?x=1", "Basic bWU6c0BjcmV0"),
        ("archive.invalid:443", ""),
    ]


def test_a_proxy_is_left_out_where_the_environment_says_so(
    client: HttpClient,
    proxy: tuple[int, list[tuple[str, str]]],
    monkeypatch: pytest.MonkeyPatch,
    text: Path,
    serve: Callable[[Path], Any],
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy[0]}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert read(client, f"{serve(text).url}/text") == b"0123456789"
    assert proxy[1] == []


def test_no_socket_is_left_open_by_a_client_that_is_closed_while_it_connects(
    client: HttpClient,
    direct: None,
    text: Path,
    serve: Callable[[Path], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = []
    connect = http.client.HTTPConnection.connect

    def given_up(connection: http.client.HTTPConnection) -> None:
        client.close()  # as another thread does on a full disk
        connect(connection)
        opened.append(connection.sock)

    server = serve(text)
    with monkeypatch.context() as patch:
        patch.setattr(http.client.HTTPConnection, "connect", given_up)
        with pytest.raises(SourceError, match="was given up"):
            read(client, f"{server.url}/text")
    assert [sock.fileno() for sock in opened] == [-1]
    assert read(client, f"{server.url}/text") == b"0123456789"


@pytest.mark.parametrize("status", [200, 302, 404, 503])
def test_no_socket_is_left_open_by_an_answer_after_which_the_server_closes(
    client: HttpClient,
    direct: None,
    text: Path,
    serve: Callable[[Path], Any],
    monkeypatch: pytest.MonkeyPatch,
    status: int,
) -> None:
    opened = []
    connect = http.client.HTTPConnection.connect

    def remembered(connection: http.client.HTTPConnection) -> None:
        connect(connection)
        opened.append(connection.sock)

    headers = {"Connection": "close", "Location": "ftp://127.0.0.1/"}
    server = serve(text)
    server.faults["text"] = [lambda h, c, o: h.answer(status, c, headers)]
    monkeypatch.setattr(http.client.HTTPConnection, "connect", remembered)
    with suppress(SourceError), client.get(f"{server.url}/text") as stream:
        assert stream.read(2) == b"01"
    assert [sock.fileno() for sock in opened] == [-1]
