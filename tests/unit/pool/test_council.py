"""Several replicas and one book, by a clock and a store that a test hands in."""

from collections.abc import Iterable

import msgspec
import pytest

from discovery.pool import Pool
from discovery.shift.council import OUT_OF_TOUCH, TERM, Part
from discovery.shift.ramp import Ramp
from discovery.shift.record import Book, Record
from discovery.shift.record_store import AwayError, Kept
from discovery.shift.sharing import Sharing
from discovery.shift.shift import ShiftState
from discovery.shift.shifts import Pooled, Shifts
from discovery.trouble_log import TroubleLog
from ingress.model.backend import Backend, Server
from ingress.model.route import Origin

WEB = "kubernetes:team-a/web:80"
RAMP = Ramp(0, 100, 100.0, 0.02)


class Store:
    """A text that two cannot write at once."""

    def __init__(self) -> None:
        self.kept = Kept()
        self.away = False
        self.rival: Book | None = None
        """What somebody writes between the next read and write."""
        self.reads = self.writes = 0

    @property
    def book(self) -> Book:
        return msgspec.json.decode(self.kept.text, type=Book)

    async def read(self) -> Kept:
        self.reads += 1
        if self.away:
            raise AwayError("connection refused")
        kept = self.kept
        if self.rival is not None:
            self.kept, self.rival = Kept(msgspec.json.encode(self.rival), f"{self.writes}-rival"), None
        return kept

    async def write(self, text: bytes, version: str) -> bool:
        if version != self.kept.version:
            return False
        self.writes += 1
        self.kept = Kept(text, str(self.writes))
        return True


class Clock:
    """The time of all."""

    def __init__(self) -> None:
        self.now = 1000.0


class Table:
    """One pool that is shifted, as one replica has it."""

    def __init__(self) -> None:
        self.ramp: Ramp | None = RAMP
        self.share = -1

    def pools(self) -> Iterable[Pooled]:
        if self.ramp is not None:
            servers = (Server("10.0.0.1", 80), Server("172.16.0.1", 80, group=1))
            pool = Pool(Origin("kubernetes", "service", "team-a", "web"), other="consul:web", ramp=self.ramp)
            yield Pooled(Backend(WEB, servers), pool, self.ramp)

    def set_share(self, name: str, share: int) -> None:
        self.share = share


class Replica:
    """A Headgate, second by second."""

    def __init__(self, name: str, store: Store, clock: Clock) -> None:
        self.table = Table()
        self.shifts = Shifts(self.table)
        self.clock = clock
        self.requests = self.failures = 0
        self.complete = True
        self.sharing = Sharing(
            store, self.shifts, name, lambda: self.complete, TroubleLog("shifts"), lambda: clock.now
        )

    def step(self, *, failures: int = 0) -> None:
        self.requests += 10
        self.failures += failures
        leads = self.sharing.part is Part.LEADS
        self.shifts.step(self.clock.now, lambda *_: (self.requests, self.failures), leads=leads)

    async def meet(self) -> None:
        await self.sharing.meet()

    @property
    def record(self) -> Record:
        return self.shifts.all()[WEB].record

    @property
    def state(self) -> ShiftState:
        return self.shifts.all()[WEB].state


class Group:
    """Replicas beside one another."""

    def __init__(self, *names: str) -> None:
        self.store, self.clock = Store(), Clock()
        self.members = [Replica(name, self.store, self.clock) for name in names]

    def parts(self) -> list[Part]:
        return [each.sharing.part for each in self.members]

    async def go(self, seconds: int, *members: Replica, failing: Replica | None = None) -> None:
        """Time passes for these, or for all."""
        for second in range(seconds):
            self.clock.now += 1.0
            for member in members or self.members:
                member.step(failures=3 if member is failing else 0)
                if second % 2 == 0:
                    await member.meet()


async def test_one_replica_goes_on_and_the_others_follow_it_within_seconds() -> None:
    group = Group("one", "two", "three")
    await group.go(50)
    one, *others = group.members
    assert (one.sharing.part, [each.sharing.part for each in others]) == (Part.LEADS, [Part.FOLLOWS] * 2)
    assert 44 <= one.table.share <= 50
    assert all(one.table.share - each.table.share <= 3 for each in others)
    await group.go(60)
    assert [each.state for each in group.members] == [ShiftState.DONE] * 3
    assert [each.table.share for each in group.members] == [100] * 3


async def test_a_replica_that_starts_later_without_state_begins_where_the_others_are() -> None:
    group = Group("one")
    await group.go(40)
    late = Replica("late", group.store, group.clock)
    late.step()
    await late.meet()
    assert late.table.share == pytest.approx(group.members[0].table.share, abs=3)
    assert late.table.share > 30


async def test_another_one_leads_when_the_leader_is_gone_and_goes_on_where_it_was() -> None:
    group = Group("one", "two")
    await group.go(30)
    one, two = group.members
    share = one.table.share
    await group.go(int(TERM) - 3, two)
    assert group.parts()[1] is Part.FOLLOWS
    assert two.table.share == pytest.approx(share, abs=3)
    await group.go(10, two)
    assert group.parts()[1] is Part.LEADS
    await group.go(20, two)
    assert share + 15 < two.table.share < share + 35
    await group.go(4)
    assert group.parts()[0] is Part.FOLLOWS
    assert one.table.share == pytest.approx(two.table.share, abs=3)


async def test_any_replica_calls_a_shift_off_and_all_others_take_it_back() -> None:
    group = Group("one", "two", "three")
    await group.go(50)
    one, two, _ = group.members
    await group.go(6, failing=two)
    await group.go(4)
    assert [each.state for each in group.members] == [ShiftState.ROLLED_BACK] * 3
    assert [each.table.share for each in group.members] == [0] * 3
    assert "of the requests to kubernetes failed" in one.record.rolled_back
    assert one.record == two.record
    await group.go(100)
    assert [each.table.share for each in group.members] == [0] * 3


async def test_a_shift_that_was_called_off_begins_anew_when_its_text_changes_in_whatever_order() -> None:
    group = Group("one", "two")
    await group.go(50)
    one, two = group.members
    await group.go(10, failing=two)
    two.table.ramp = Ramp(0, 100, 100.0, 0.5)
    await group.go(6)
    assert two.state is not ShiftState.ROLLED_BACK
    one.table.ramp = two.table.ramp
    await group.go(30)
    assert [each.state for each in group.members] == [ShiftState.RUNNING] * 2
    assert one.table.share == pytest.approx(two.table.share, abs=3)
    assert one.table.share > 15


async def test_an_operator_pauses_all_replicas_by_any_of_them_and_goes_on_by_another() -> None:
    group = Group("one", "two")
    await group.go(20)
    one, two = group.members
    await two.sharing.pause(WEB, paused=True)
    await group.go(4)
    share = one.table.share
    await group.go(30)
    assert [each.state for each in group.members] == [ShiftState.PAUSED] * 2
    assert [each.table.share for each in group.members] == [share] * 2
    await one.sharing.pause(WEB, paused=False)
    await group.go(10)
    assert [each.state for each in group.members] == [ShiftState.RUNNING] * 2
    assert one.table.share > share


async def test_while_the_store_is_away_the_last_decision_stays_and_nobody_goes_on() -> None:
    group = Group("one", "two")
    await group.go(40)
    group.store.away = True
    await group.go(int(OUT_OF_TOUCH) + 2)
    shares = [each.table.share for each in group.members]
    await group.go(300)
    assert [each.table.share for each in group.members] == shares
    assert [each.sharing.part for each in group.members] == [Part.CUT_OFF] * 2
    with pytest.raises(AwayError):
        await group.members[0].sharing.pause(WEB, paused=True)
    group.store.away = False
    await group.go(30)
    assert group.members[0].table.share > shares[0] + 5
    assert group.members[0].table.share == pytest.approx(group.members[1].table.share, abs=3)


async def test_without_the_store_a_replica_still_calls_off_what_fails_and_says_so_when_it_is_back() -> None:
    group = Group("one", "two")
    await group.go(40)
    one, two = group.members
    group.store.away = True
    await group.go(8, failing=two)
    assert (one.table.share > 30, two.table.share) == (True, 0)
    group.store.away = False
    await group.go(6)
    assert [each.table.share for each in group.members] == [0, 0]


async def test_two_that_write_at_once_lose_nothing() -> None:
    group = Group("one", "two")
    await group.go(20)
    other = {"consul:api": Record(0, 100, 0.5)}
    group.store.rival = Book("one", 99, {**group.store.book.shifts, **other})
    group.members[0].complete = False
    await group.members[1].sharing.pause(WEB, paused=True)
    assert group.store.book.shifts[WEB].paused
    assert group.store.book.shifts["consul:api"] == Record(0, 100, 0.5)


async def test_what_is_not_there_any_more_is_not_kept_but_for_one_who_does_not_know_all() -> None:
    group = Group("one")
    await group.go(4)
    [one] = group.members
    one.table.ramp, one.complete = None, False
    await group.go(6)
    assert set(group.store.book.shifts) == {WEB}
    one.complete = True
    await group.go(6)
    assert group.store.book.shifts == {}


async def test_what_is_no_book_is_not_written_over() -> None:
    group = Group("one")
    group.store.kept = Kept(b"a text of somebody else", "7")
    await group.go(20)
    assert group.store.kept == Kept(b"a text of somebody else", "7")
    assert group.members[0].table.share == 0


async def test_a_leader_writes_no_more_often_than_something_changes_or_a_sign_is_due() -> None:
    group = Group("one", "two")
    group.members[0].table.ramp = group.members[1].table.ramp = Ramp(0, 100, 86400.0)
    await group.go(100)
    assert group.store.writes <= 60
