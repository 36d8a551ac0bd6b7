"""A client of a real API server: plain HTTPS and JSON, so that nothing hides what was said."""

import json
import ssl
import threading
from http.client import HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlencode

Json = dict[str, Any]

# Kind -> plural; what the tests and the chart use.
PLURALS = {
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "ConfigMap": "configmaps",
    "Deployment": "deployments",
    "EndpointSlice": "endpointslices",
    "HorizontalPodAutoscaler": "horizontalpodautoscalers",
    "Ingress": "ingresses",
    "IngressClass": "ingressclasses",
    "Namespace": "namespaces",
    "NetworkPolicy": "networkpolicies",
    "PodDisruptionBudget": "poddisruptionbudgets",
    "Role": "roles",
    "RoleBinding": "rolebindings",
    "Secret": "secrets",
    "Service": "services",
    "ServiceAccount": "serviceaccounts",
}
CLUSTER_WIDE = {"ClusterRole", "ClusterRoleBinding", "IngressClass", "Namespace"}
NOT_FOUND = 404
GONE = 410


class ApiError(Exception):
    """The API server refused; carries its status code."""

    def __init__(self, status: int, text: str):
        super().__init__(f"{status}: {text}")
        self.status = status


class Api:
    """One identity at an API server. Each thread has a connection of its own."""

    def __init__(self, host: str, port: int, certificate: str, token: str):
        self.host, self.port, self.certificate, self.token = host, port, certificate, token
        self._tls = ssl.create_default_context(cafile=certificate)
        self._of_thread = threading.local()
        self._connections: list[HTTPSConnection] = []

    def close(self) -> None:
        """Close the connections of all threads."""
        for connection in self._connections:
            connection.close()

    def call(
        self, method: str, path: str, body: Json | None = None, content: str = "application/json"
    ) -> Json:
        """One request; ApiError for everything but success."""
        status, text = self._exchange(method, path, body, content)
        if status >= 300:
            raise ApiError(status, text)
        return dict(json.loads(text))

    def get(self, kind: str, api: str, namespace: str, name: str) -> Json:
        """The object as it is."""
        return self.call("GET", path_of(kind, api, namespace, name))

    def list(self, kind: str, api: str, namespace: str = "") -> Json:
        """All objects of a kind, with the version of the list."""
        return self.call("GET", path_of(kind, api, namespace))

    def apply(self, *objects: Json) -> Json:
        """Create or change objects to be as given (server-side apply); the last as it is now."""
        answer: Json = {}
        for object_ in objects:
            query = urlencode({"fieldManager": "tests", "force": "true"})
            answer = self.call(
                "PATCH", f"{path_to(object_)}?{query}", object_, content="application/apply-patch+yaml"
            )
        return answer

    def patch(self, object_: Json, change: Json) -> Json:
        """Merge a change into an object that is there."""
        return self.call("PATCH", path_to(object_), change, content="application/merge-patch+json")

    def delete(self, object_: Json) -> None:
        """The object is gone afterwards, whether it was there or not."""
        try:
            self.call("DELETE", path_to(object_))
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise

    def delete_all(self, kind: str, api: str, namespace: str) -> None:
        """No object of the kind is left in the namespace."""
        self.call("DELETE", path_of(kind, api, namespace))

    def text(self, path: str) -> str:
        """What a path answers, as it is; ApiError for everything but success."""
        status, text = self._exchange("GET", path, None, "application/json")
        if status >= 300:
            raise ApiError(status, text)
        return text

    def forgets(self, kind: str, api: str, version: str) -> bool:
        """Whether a watch from this version is answered 410, in its stream or as its status."""
        query = urlencode({"watch": 1, "timeoutSeconds": 1, "resourceVersion": version})
        try:
            return '"code":410' in self.text(f"{path_of(kind, api)}?{query}")
        except ApiError as error:
            return error.status == GONE

    def is_ready(self) -> bool:
        """Whether the API server says that it is ready."""
        try:
            return self.text("/readyz") == "ok"
        except (ApiError, OSError, HTTPException):
            return False

    def _exchange(self, method: str, path: str, body: Json | None, content: str) -> tuple[int, str]:
        """Send on the connection of this thread; once more on a new one if the old was closed."""
        used: HTTPSConnection | None = getattr(self._of_thread, "connection", None)
        if used is not None:
            try:
                return self._send(used, method, path, body, content)
            except (HTTPException, OSError):
                used.close()
        fresh = HTTPSConnection(self.host, self.port, context=self._tls, timeout=30.0)
        self._of_thread.connection = fresh
        self._connections.append(fresh)
        return self._send(fresh, method, path, body, content)

    def _send(
        self, connection: HTTPSConnection, method: str, path: str, body: Json | None, content: str
    ) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def path_to(object_: Json) -> str:
    """The path of an object."""
    meta = object_["metadata"]
    return path_of(object_["kind"], object_["apiVersion"], meta.get("namespace", ""), meta["name"])


def path_of(kind: str, api: str, namespace: str = "", name: str = "") -> str:
    """The path of an object, or of all of a kind (in a namespace)."""
    root = f"/apis/{api}" if "/" in api else f"/api/{api}"
    scope = f"/namespaces/{quote(namespace)}" if namespace and kind not in CLUSTER_WIDE else ""
    return f"{root}{scope}/{PLURALS[kind]}" + (f"/{quote(name)}" if name else "")
