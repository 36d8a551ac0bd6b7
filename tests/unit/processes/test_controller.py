"""The controller, between sources that say what a test wants and workers that a test plays."""

import asyncio
import gc

import pytest
import uvloop

from ingress.ipc.messages import (
    Drain,
    PortProblem,
    WantAttach,
    WantPorts,
    WorkerState,
)
from ingress.model.backend import Backend
from ingress.model.change import (
    Applied,
    Begin,
    Commit,
    DropListener,
    PutBackend,
    PutListener,
    ServerHealth,
)
from ingress.model.listener import TcpListener
from ingress.model.problem import Problem
from tests.unit.processes.stage import ONE, ORIGIN, TWO, Sources, Stage, play


def test_workers_are_told_nothing_before_a_source_has_said_everything() -> None:
    async def scenario(stage: Stage) -> None:
        worker = await stage.attach(0)
        stage.sources.say(ONE)
        assert await worker.told() == []
        stage.sources.sync(TWO)
        assert await worker.told() == [Begin(), ONE, TWO, Commit(2)]

    play(scenario)


def test_a_source_is_served_at_once_while_another_has_said_nothing() -> None:
    async def scenario(stage: Stage) -> None:
        worker = await stage.attach(0)
        stage.sources.missing = ["b"]
        stage.sources.say(ONE)
        assert await worker.told() == [Begin(), ONE, Commit(1, complete=False)]
        await worker.say(Applied(1))
        assert stage.view.readiness().missing == ("source b: first sync",)
        stage.sources.sync()
        assert await worker.told() == [Commit(2)]

    play(scenario)


def test_a_successor_waits_for_all_sources_while_it_has_patience() -> None:
    async def scenario(stage: Stage) -> None:
        worker = await stage.attach(0)
        stage.sources.missing = ["b"]
        stage.sources.say(ONE)
        assert await worker.told() == []

    play(scenario, succeeds=True)


def test_a_successor_without_patience_drops_nothing_before_all_sources_have_said_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ingress.controller.process.PATIENCE", 0.0)

    async def scenario(stage: Stage) -> None:
        worker = await stage.attach(0)
        assert await worker.told() == []
        stage.sources.missing = ["b"]
        stage.sources.say(ONE)
        assert await worker.told() == [ONE, Commit(1, complete=False)]
        stage.sources.say(TWO)
        assert await worker.told() == [TWO, Commit(2, complete=False)]
        stage.sources.sync()
        assert await worker.told() == [Begin(), ONE, TWO, Commit(3)]

    play(scenario, succeeds=True)


def test_what_is_said_in_one_turn_is_one_version_for_every_worker() -> None:
    async def scenario(stage: Stage) -> None:
        workers = [await stage.attach(0), await stage.attach(1)]
        stage.sources.sync()
        for worker in workers:
            assert await worker.told() == [Begin(), Commit(1)]
        stage.sources.say(ONE, TWO)
        for worker in workers:
            assert await worker.told() == [ONE, TWO, Commit(2)]

    play(scenario)


def test_garbage_is_not_looked_for_before_all_is_there_nor_among_what_was_there_first() -> None:
    async def scenario(stage: Stage) -> None:
        assert not gc.isenabled()
        stage.sources.sync()
        await asyncio.sleep(0.02)
        assert gc.isenabled()
        assert gc.get_freeze_count()

    play(scenario)
    gc.unfreeze()
    assert gc.isenabled()


def test_a_worker_that_comes_later_gets_everything() -> None:
    async def scenario(stage: Stage) -> None:
        stage.sources.sync(ONE)
        await asyncio.sleep(0.02)
        assert await (await stage.attach(1)).told() == [Begin(), ONE, Commit(1)]

    play(scenario)


def test_last_good_state_is_served_at_once() -> None:
    async def scenario(stage: Stage) -> None:
        assert await (await stage.attach(0)).told() == [Begin(), ONE, Commit(1)]

    play(scenario, restored=True)


def test_a_successor_does_not_put_older_state_over_what_the_workers_serve() -> None:
    async def scenario(stage: Stage) -> None:
        worker = await stage.attach(0)
        assert await worker.told() == []
        stage.sources.sync(TWO)
        assert await worker.told() == [Begin(), ONE, TWO, Commit(2)]

    play(scenario, restored=True, succeeds=True)


def test_readiness_names_what_is_missing() -> None:
    async def scenario(stage: Stage) -> None:
        assert stage.view.readiness().missing == ("source a: first sync", "source b: first sync")
        assert not stage.sources.is_ready()
        workers = [await stage.attach(0), await stage.attach(1)]
        stage.sources.sync(ONE)
        await workers[0].told()
        await workers[0].say(Applied(1))
        assert stage.view.readiness().missing == ("worker 1: has version 0 of 1",)
        await workers[1].say(Applied(1))
        assert stage.view.readiness().ready
        assert stage.sources.is_ready()
        stage.supervisor.send(Drain(1.0))
        await asyncio.sleep(0.02)
        assert stage.view.readiness().missing == ("draining",)
        assert not stage.sources.is_ready()

    play(scenario)


def test_a_dead_worker_does_not_make_a_ready_instance_unready() -> None:
    async def scenario(stage: Stage) -> None:
        workers = [await stage.attach(0), await stage.attach(1)]
        stage.sources.sync()
        for worker in workers:
            await worker.say(Applied(1))
        assert stage.view.readiness().ready
        workers[0].stream.close()
        await asyncio.sleep(0.02)
        assert stage.view.readiness().ready
        workers[1].stream.close()
        await asyncio.sleep(0.02)
        assert stage.view.readiness().missing == ("no worker is serving",)

    play(scenario)


def test_a_change_is_timed_until_the_last_worker_has_it() -> None:
    async def scenario(stage: Stage) -> None:
        workers = [await stage.attach(0), await stage.attach(1)]
        stage.sources.sync()
        for worker in workers:
            await worker.say(Applied(1))
        stage.sources.say(ONE)
        await workers[0].say(Applied(2))
        assert stage.view.applies().count == 0
        await workers[1].say(Applied(2))
        times = stage.view.applies()
        assert times.count == 1
        assert 0.01 < times.last < 2.0

    play(scenario)


def test_a_living_worker_that_lost_its_stream_gets_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingress.controller.fleet.REATTACH", 0.05)

    async def scenario(stage: Stage) -> None:
        worker = await stage.attach(1)
        stage.sources.sync()
        await worker.told()
        assert await stage.told() == WantPorts(())
        worker.stream.close()
        assert await stage.told() == WantAttach(1)

    play(scenario)


def test_ports_are_asked_for_when_they_differ() -> None:
    async def scenario(stage: Stage) -> None:
        stage.sources.sync(PutListener(TcpListener(3306, "db", ORIGIN)))
        assert await stage.told() == WantPorts((3306,))
        stage.sources.say(ONE)
        stage.sources.say(DropListener(3306))
        assert await stage.told() == WantPorts(())

    play(scenario)


def test_a_port_that_cannot_be_had_is_a_problem_of_who_wants_it() -> None:
    async def scenario(stage: Stage) -> None:
        stage.sources.sync(PutListener(TcpListener(3306, "db", ORIGIN)))
        stage.supervisor.send(PortProblem(3306, "taken"))
        await asyncio.sleep(0.02)
        assert stage.view.problems() == [Problem(ORIGIN, "headgate.dev/tcp", "taken", "3306")]
        stage.supervisor.send(PortProblem(3306, ""))
        await asyncio.sleep(0.02)
        assert stage.view.problems() == []

    play(scenario)


def test_a_source_that_fails_is_started_again_and_the_other_goes_on() -> None:
    async def scenario(stage: Stage) -> None:
        assert sorted(stage.sources.runs) == ["a", "a", "b"]
        assert stage.sources.faults == ["a: RuntimeError: fault"]

    async def whole() -> None:
        sources = Sources()
        sources.fault = RuntimeError("fault")
        stage = Stage(sources)
        await asyncio.sleep(0.02)
        await scenario(stage)
        await stage.end()

    uvloop.run(whole())


def test_what_a_worker_says_of_servers_is_kept_until_the_server_or_the_worker_is_gone() -> None:
    async def scenario(stage: Stage) -> None:
        workers = [await stage.attach(0), await stage.attach(1)]
        stage.sources.sync()
        for worker in workers:
            await worker.say(ServerHealth("b", "10.0.0.1:80", up=False, reason="refused"))
        assert stage.view.outages()[("b", "10.0.0.1:80")].workers == (0, 1)
        stage.supervisor.send(WorkerState(0, 0, 1))
        await asyncio.sleep(0.02)
        assert stage.view.outages()[("b", "10.0.0.1:80")].workers == (1,)
        stage.sources.say(PutBackend(Backend("b")))
        await asyncio.sleep(0.02)
        assert stage.view.outages() == {}

    play(scenario)


def test_what_has_changed_is_saved_at_the_end() -> None:
    sources = Sources()

    async def whole() -> None:
        stage = Stage(sources)
        await asyncio.sleep(0.02)
        sources.sync(ONE)
        await asyncio.sleep(0.02)
        await stage.end()

    uvloop.run(whole())
    assert sources.saved == 1
