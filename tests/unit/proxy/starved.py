"""A data plane with hardly any descriptors: prints its port, then for each line its seconds of CPU."""

import asyncio
import resource
import sys
import time

import uvloop

from ingress.model.settings import Settings
from tests.unit.proxy.conftest import front

DESCRIPTORS = 40


async def main() -> None:
    """Serve, and answer each line of standard input."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    # As if there were plenty, so that nothing of ours keeps the kernel from saying that there are not.
    async with front(Settings(), descriptors=10_000) as plane:
        print(plane.port, flush=True)
        while await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
            print(time.process_time(), flush=True)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
