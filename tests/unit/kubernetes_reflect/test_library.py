"""The client library costs what is used of it."""

import subprocess
import sys

LOADED = """
import sys
import discovery.kubernetes.source
print(*(name for name in sys.modules if name.startswith("kubernetes_asyncio.")))
"""


def test_the_models_and_apis_of_all_kinds_are_not_loaded() -> None:
    # In a process of its own: this one may have loaded them long ago.
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "kubernetes_asyncio.client.api_client" in loaded
    assert not [name for name in loaded if name.startswith("kubernetes_asyncio.client.api.")]
    assert not [name for name in loaded if name.startswith("kubernetes_asyncio.client.models.")]
