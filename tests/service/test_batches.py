import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinical.service.batches import GROWTH, Batcher, estimate_tokens
from spacy_clinical.service.problems import Problem


class Recorder:
    """Computes the upper case of texts, and keeps the batches."""

    def __init__(self):
        self.batches = []
        self.threads = set()
        self.gate = threading.Event()
        self.gate.set()

    def compute(self, kind, works):
        self.gate.wait(10)
        self.threads.add(threading.current_thread().name)
        self.batches.append((kind, list(works)))
        if "bad" in works:
            raise ValueError(works)
        return [work.upper() for work in works]


@asynccontextmanager
async def run(recorder, *, batch_tokens=10, wait=0.02, max_queue=1000):
    with ThreadPoolExecutor(1, "computing") as executor:
        batcher = Batcher(
            recorder.compute,
            executor,
            batch_tokens=batch_tokens,
            wait=wait,
            max_queue=max_queue,
        )
        batcher.start()
        yield batcher
        recorder.gate.set()
        await batcher.stop()


async def get(batcher, kind, words, size=1):
    ask = batcher.submit(kind, [(word, size) for word in words])
    return await asyncio.gather(*ask.results)


def test_callers_get_their_own_results_from_one_batch():
    recorder = Recorder()

    async def test():
        async with run(recorder) as batcher:
            asks = [get(batcher, "k", [f"w{i}a", f"w{i}b"]) for i in range(5)]
            return await asyncio.gather(*asks)

    results = asyncio.run(test())
    assert results == [[f"W{i}A", f"W{i}B"] for i in range(5)]
    assert [len(works) for _, works in recorder.batches] == [10]
    assert recorder.threads == {"computing_0"}


def test_the_first_waits_only_so_long():
    recorder = Recorder()

    async def test():
        async with run(recorder, wait=0.05) as batcher:
            start = time.monotonic()
            await get(batcher, "k", ["a"])
            return time.monotonic() - start

    assert 0.045 <= asyncio.run(test()) < 2


def test_a_caller_with_many_does_not_hold_up_one_with_few():
    recorder = Recorder()
    recorder.gate.clear()

    async def test():
        async with run(recorder, batch_tokens=4, wait=0) as batcher:
            many = batcher.submit("k", [(f"m{i}", 1) for i in range(40)])
            few = batcher.submit("k", [("few", 1)])
            other = batcher.submit("other", [("other", 1)])
            recorder.gate.set()
            await asyncio.gather(*few.results, *other.results)
            n_done = sum(result.done() for result in many.results)
            await asyncio.gather(*many.results)
            return n_done

    assert asyncio.run(test()) < 20


def test_work_of_different_kinds_is_computed_apart():
    recorder = Recorder()

    async def test():
        async with run(recorder) as batcher:
            await asyncio.gather(
                *(get(batcher, kind, [f"{kind}{i}"]) for i in range(4) for kind in "ab")
            )

    asyncio.run(test())
    for kind, works in recorder.batches:
        assert all(work.startswith(kind) for work in works)


def test_what_waits_of_a_caller_that_is_gone_is_not_computed():
    recorder = Recorder()
    recorder.gate.clear()

    async def test():
        async with run(recorder, batch_tokens=1, wait=0) as batcher:
            gone = batcher.submit("k", [(f"gone{i}", 1) for i in range(3)])
            stays = batcher.submit("k", [("stays", 1)])
            await asyncio.sleep(0.05)
            batcher.drop(gone)
            batcher.drop(gone)
            recorder.gate.set()
            assert await asyncio.gather(*stays.results) == ["STAYS"]
            assert all(result.cancelled() for result in gone.results)
            return batcher.n_tokens, batcher.n_waiting

    assert asyncio.run(test()) == (0, 0)
    computed = [work for _, works in recorder.batches for work in works]
    # The first was being computed.
    assert computed == ["gone0", "stays"]


def test_there_is_room_for_one_that_is_too_large_but_not_for_others():
    recorder = Recorder()
    recorder.gate.clear()

    async def test():
        async with run(recorder, max_queue=10, batch_tokens=5, wait=10) as batcher:
            batcher.submit("k", [("large", 500)])
            with pytest.raises(Problem, match=r"\[C983\].*1 notes wait") as caught:
                batcher.submit("k", [("small", 1)])
            with pytest.raises(Problem):
                batcher.check_room()
            await asyncio.sleep(0.05)
            # The large one is being computed: there is room again.
            batcher.check_room(10)
            recorder.gate.set()
            return caught.value

    problem = asyncio.run(test())
    assert problem.status == 429
    assert int(problem.headers["Retry-After"]) >= 1


def test_a_batch_that_fails_does_not_stop_the_others():
    recorder = Recorder()

    async def test():
        async with run(recorder, wait=0) as batcher:
            [failed] = await get(batcher, "k", ["bad"])
            return failed, await get(batcher, "k", ["good"])

    failed, good = asyncio.run(test())
    assert isinstance(failed, ValueError)
    assert good == ["GOOD"]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.lists(st.integers(1, 15), min_size=1, max_size=6), max_size=6),
    st.integers(1, 20),
)
def test_each_piece_is_computed_once_in_batches_within_the_budget(asks, budget):
    recorder = Recorder()

    async def test():
        async with run(recorder, batch_tokens=budget, wait=0) as batcher:
            waiting = [
                batcher.submit("k", [(f"{a}-{i}-{s}", s) for i, s in enumerate(sizes)])
                for a, sizes in enumerate(asks)
            ]
            return [await asyncio.gather(*ask.results) for ask in waiting]

    results = asyncio.run(test())
    wanted = [[f"{a}-{i}-{s}" for i, s in enumerate(z)] for a, z in enumerate(asks)]
    assert results == wanted
    computed = [work for _, works in recorder.batches for work in works]
    assert sorted(computed) == sorted(work for works in wanted for work in works)
    for _, works in recorder.batches:
        total = sum(int(work.split("-")[2]) for work in works)
        assert total <= GROWTH * budget or len(works) == 1


def test_batches_grow_with_what_waits():
    recorder = Recorder()
    recorder.gate.clear()

    async def test():
        async with run(recorder, batch_tokens=10, wait=0) as batcher:
            first = batcher.submit("k", [("first", 10)])
            await asyncio.sleep(0.05)
            many = batcher.submit("k", [(f"{i}", 1) for i in range(240)])
            recorder.gate.set()
            await asyncio.gather(*first.results, *many.results)

    asyncio.run(test())
    sizes = [len(works) for _, works in recorder.batches[1:]]
    assert sizes[0] == GROWTH * 10
    assert sizes == sorted(sizes, reverse=True)
    # Once little waits, they are as short as one caller wants them.
    assert sizes[-2] == 10


def test_a_text_without_spaces_is_not_small():
    assert estimate_tokens("x" * 1_000_000) > 100_000
    assert estimate_tokens("") == 1


def test_what_waits_can_be_counted_on_another_thread():
    """As metrics do after each batch, while callers come and go on the event loop."""
    recorder = Recorder()
    faults = []

    async def test():
        async with run(recorder, batch_tokens=4, wait=0, max_queue=10**9) as batcher:
            end = threading.Event()

            def count():
                while not end.is_set():
                    try:
                        assert batcher.n_waiting >= 0
                        assert batcher.n_tokens >= 0
                    except Exception as error:
                        faults.append(error)

            counting = threading.Thread(target=count)
            counting.start()
            asks = []
            for i in range(3000):
                asks.append(batcher.submit("k", [(f"{i}", 1), (f"{i}b", 2)]))
                if i % 3 == 0:
                    batcher.drop(asks.pop())
                if i % 50 == 0:
                    await asyncio.sleep(0)
            for ask in asks:
                await asyncio.gather(*ask.results)
            end.set()
            counting.join()
            return batcher.n_waiting, batcher.n_tokens

    assert asyncio.run(test()) == (0, 0)
    assert faults == []
