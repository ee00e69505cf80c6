"""An Azure Key Vault on loopback, over HTTPS, and who stands in for Entra ID."""

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from azure.core.credentials import AccessToken
from tests.managers.key_vault import KeyVault
from tests.managers.loopback import certify
from tests.servers import Quiet

from uz.managers.azure import AzureManager, azure


class Credential:
    """Stands in for Entra ID: gives the same token to whoever asks, and notes for what."""

    def __init__(self, token: str = "good-token") -> None:
        self.token = token
        self.scopes: list[tuple[str, ...]] = []
        self.tenants: list[Any] = []

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """A token for an hour."""
        self.scopes.append(scopes)
        self.tenants.append(options.get("tenant_id"))
        return AccessToken(self.token, int(time.time()) + 3600)


@contextmanager
def key_vault(folder: Path) -> Iterator[KeyVault]:
    """Serve an empty vault on a free port; its certificates are in the folder."""
    key, certificate, authority = certify("127.0.0.1")
    vault = KeyVault(folder)
    vault.authority.write_bytes(authority)
    (folder / "server.pem").write_bytes(key + certificate)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "server.pem")
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with lock:
                token = self.headers.get("Authorization", "")
                status, found, headers = vault.handle(self.command, self.path, token, body)
            said = b"" if status == 204 else json.dumps(found).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Be quiet."""

    for method in ("GET", "PUT", "DELETE", "POST"):
        setattr(Handler, f"do_{method}", Handler.answer)
    with Quiet(("127.0.0.1", 0), Handler) as server:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        vault.address = f"https://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield vault
        finally:
            server.shutdown()
            thread.join()


def to(
    vault: KeyVault, credential: Credential, settles: float = 30.0, **options: Any
) -> AzureManager:
    """A manager of the vault."""
    found = azure(
        vault.address,
        credential=credential,
        authority=vault.authority,
        checks_domain=False,
        **options,
    )
    return AzureManager(found._client, settles)
