"""A real cluster without nodes: etcd and kube-apiserver, and the faults they can have."""

import base64
import http.client
import json
import subprocess
from functools import cached_property
from pathlib import Path

from tests.real.harness.api import Api
from tests.real.harness.binaries import binary
from tests.real.harness.daemon import Daemon

HOST = "10.244.0.1"
PORT = 6443
ETCD_PORT = 2379
ADMIN_TOKEN = "token-of-admin"
OURS_TOKEN = "token-of-our-service-account"
SERVICE_ACCOUNT = "system:serviceaccount:headgate:headgate"
# Who is known by which token. Ours is in the groups that any service account is in, and so has only
# the rights that our chart gives it.
TOKENS = (
    f'{ADMIN_TOKEN},admin,admin,"system:masters"\n'
    f'{OURS_TOKEN},{SERVICE_ACCOUNT},ours,"system:serviceaccounts,system:serviceaccounts:headgate"\n'
)
KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{{name: real, cluster: {{server: "https://{host}:{port}", certificate-authority-data: {ca}}}}}]
users: [{{name: user, user: {{token: {token}}}}}]
contexts: [{{name: real, context: {{cluster: real, user: user}}}}]
current-context: real
"""


class Cluster:
    """etcd and kube-apiserver on one scratch folder; the data outlives restarts of both."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.certificate = folder / "certs" / "apiserver.crt"
        self.server_options: tuple[str, ...] = ()
        self._apis: list[Api] = []
        self.etcd = Daemon("etcd", self._etcd_command(), folder / "etcd.log")
        self.server = Daemon("kube-apiserver", self._server_command(), folder / "apiserver.log")

    def start(self) -> None:
        """Both answer afterwards."""
        self._make_identities()
        self.etcd.start()
        self.etcd.wait_until(self._etcd_is_ready)
        self.start_server()

    def start_server(self, *options: str) -> None:
        """Start the API server, on the data that is there, with further options."""
        self.server_options = options
        self.server.command = [*self._server_command(), *options]
        self.server.start()
        self.server.wait_until(self.certificate.exists)
        self.server.wait_until(self.admin.is_ready, 60.0)

    def restart_server(self, *options: str) -> None:
        """Kill the API server and start it again. Its watch cache begins anew."""
        self.server.kill()
        self.start_server(*options)

    def stop(self) -> None:
        """Both are gone afterwards."""
        for api in self._apis:
            api.close()
        self.server.kill()
        self.etcd.kill()

    def api(self, token: str, port: int = PORT) -> Api:
        """A client with the identity of a token; the port may be that of a relay."""
        self._apis.append(Api(HOST, port, str(self.certificate), token))
        return self._apis[-1]

    @cached_property
    def admin(self) -> Api:
        """The client of the administrator; the server makes its certificate at its first start."""
        return self.api(ADMIN_TOKEN)

    def kubeconfig(self, token: str = ADMIN_TOKEN, port: int = PORT) -> Path:
        """A file that leads to the API server, or to a relay in front of it."""
        path = self.folder / f"kubeconfig-{token}-{port}"
        ca = base64.b64encode(self.certificate.read_bytes()).decode()
        path.write_text(KUBECONFIG.format(host=HOST, port=port, ca=ca, token=token))
        return path

    def compact(self) -> None:
        """Forget all history: a watch from an older version is answered 410 by a new watch cache."""
        status = self._ask_etcd("/v3/kv/range", {"key": base64.b64encode(b"\0").decode(), "limit": 1})
        revision = int(status["header"]["revision"])
        self._ask_etcd("/v3/kv/compaction", {"revision": revision, "physical": True})

    def _ask_etcd(self, path: str, body: dict[str, object]) -> dict[str, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", ETCD_PORT, timeout=10.0)
        try:
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == http.HTTPStatus.OK, text
            return dict(json.loads(text))
        finally:
            connection.close()

    def _etcd_is_ready(self) -> bool:
        try:
            return bool(self._ask_etcd("/v3/maintenance/status", {}))
        except OSError:
            return False

    def _make_identities(self) -> None:
        """The key that signs service account tokens, and the tokens that need no signing."""
        key, public = self.folder / "sa.key", self.folder / "sa.pub"
        openssl("genrsa", "-out", str(key), "2048")
        openssl("rsa", "-in", str(key), "-pubout", "-out", str(public))
        (self.folder / "tokens.csv").write_text(TOKENS)

    def _etcd_command(self) -> list[str]:
        client = f"http://127.0.0.1:{ETCD_PORT}"
        return [
            binary("etcd"),
            f"--data-dir={self.folder / 'etcd'}",
            "--unsafe-no-fsync",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            "--listen-peer-urls=http://127.0.0.1:0",
        ]

    def _server_command(self) -> list[str]:
        return [
            binary("kube-apiserver"),
            f"--etcd-servers=http://127.0.0.1:{ETCD_PORT}",
            f"--secure-port={PORT}",
            f"--cert-dir={self.folder / 'certs'}",
            "--service-cluster-ip-range=10.96.0.0/16",
            f"--advertise-address={HOST}",
            "--endpoint-reconciler-type=none",
            "--authorization-mode=RBAC",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self.folder / 'sa.pub'}",
            f"--service-account-signing-key-file={self.folder / 'sa.key'}",
        ]


def openssl(*arguments: str) -> None:
    """Run openssl without its chatter."""
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
