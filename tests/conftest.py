"""Tests that are coroutines run on uvloop, each on a loop of its own."""

import asyncio
import inspect
from collections.abc import Callable

import pytest
import uvloop
from hypothesis import settings

# How long an example takes says how busy the machine is.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine test to its end, within 30 seconds."""
    return run_test(pyfuncitem, uvloop.new_event_loop)


def run_test(pyfuncitem: pytest.Function, make_loop: Callable[[], asyncio.AbstractEventLoop]) -> bool | None:
    """Run it on such a loop, if it is a coroutine."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in wanted}

    async def bounded() -> None:
        async with asyncio.timeout(30):
            await pyfuncitem.obj(**arguments)

    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(bounded())
    return True
