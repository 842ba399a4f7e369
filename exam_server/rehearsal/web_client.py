"""A browser's requests without a browser: cookies, the forgery token, forms and JSON."""

import http.client
import json
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from http.cookiejar import CookieJar
from typing import Any

TIMEOUT_S = 20
TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


class RefusedError(Exception):
    """The server answered with an error; the text of the page or reply is kept."""


class WebClient:
    """One browser: keeps its cookies and sends the token of its last page."""

    def __init__(
        self,
        address: str,
        *,
        trusted: ssl.SSLContext | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self.address = address
        self._timeout_s = timeout_s
        self._jar = CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self._jar),
            urllib.request.HTTPSHandler(context=trusted),
        )
        self._token = ""
        self.failures: Counter[int] = Counter()  # by status

    def page(self, path: str) -> str:
        """Open a page and remember its token."""
        text = self._send(urllib.request.Request(self.address + path)).decode()  # noqa: S310
        found = TOKEN.search(text)
        self._token = found.group(1) if found else self._token
        return text

    def submit(self, path: str, **fields: str) -> str:
        """Send a form."""
        data = urllib.parse.urlencode({**fields, "csrf_token": self._token}).encode()
        return self._send(urllib.request.Request(self.address + path, data)).decode()  # noqa: S310

    def get(self, path: str) -> Any:
        """Ask for JSON."""
        return json.loads(self._send(urllib.request.Request(self.address + path)))  # noqa: S310

    def download(self, path: str) -> bytes:
        """Fetch a file."""
        return self._send(urllib.request.Request(self.address + path))  # noqa: S310

    def post(self, path: str, body: object) -> Any:
        """Send JSON and return the JSON reply; refusals are replies too."""
        request = urllib.request.Request(  # noqa: S310
            self.address + path,
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "X-CSRF-Token": self._token},
        )
        try:
            return json.loads(self._send(request))
        except RefusedError as error:
            return json.loads(str(error))

    @property
    def cookie(self) -> str:
        """Return the cookies as a header, for a socket of the same browser."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._jar)

    def _send(self, request: urllib.request.Request) -> bytes:
        try:
            with self._opener.open(request, timeout=self._timeout_s) as response:
                content: bytes = response.read()
                return content
        except urllib.error.HTTPError as error:
            self.failures[error.code] += 1
            with error:
                raise RefusedError(error.read().decode(errors="replace")) from None
        except http.client.HTTPException as error:  # the server died in the middle of a reply
            raise ConnectionError(str(error)) from None
