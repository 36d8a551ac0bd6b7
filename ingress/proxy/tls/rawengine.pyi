from ctypes import CDLL
from ssl import SSLContext

from ingress.proxy.tls.engine import Engine

def load(found: CDLL) -> None: ...

class RawEngine(Engine):
    def __init__(self, context: SSLContext, address: int) -> None: ...
