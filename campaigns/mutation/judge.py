"""Runs mutants against tests."""

import os
import queue
import shutil
import signal
import subprocess
import tempfile
import threading

PATIENCE = 10  # times the time without a mutant
BUDGET_S = 40  # of tests, for a mutant that survives them
WORKERS = 2


def _empty(where):
    for name in os.listdir(where):
        path = os.path.join(where, name)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)


def kills(test, mutant, where):
    """Does the test fail, die or not end?"""
    process = subprocess.Popen(
        test.command(), cwd=where, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=test.environment(where, SV_MUTANT=str(mutant.number),
                             CMOCKA_TEST_ABORT='1'))
    try:
        failed = process.wait(PATIENCE * test.patience + 1) != 0
    except subprocess.TimeoutExpired:
        failed = True
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    _empty(where)
    return failed


def in_order(tests):
    """The two likeliest by time and earlier kills, and then those first that
    see most of the function: they are about it."""
    first = sorted(tests, key=lambda t: t.seconds / (1 + t.kills))[:2]
    return first + [test for test in tests if test not in first]


def judge(mutant, tests, where):
    """The test that kills it, or None."""
    spent = 0.0
    for test in in_order(tests):
        if spent > BUDGET_S:
            break
        spent += test.seconds
        if kills(test, mutant, where):
            test.kills += 1
            return test
    return None


def judge_all(work, report):
    """Calls report(mutant, the test that kills it or None) for each of
    work: [(mutant, tests)]."""
    todo = queue.SimpleQueue()
    for item in work:
        todo.put(item)
    lock = threading.Lock()

    def worker():
        with tempfile.TemporaryDirectory() as where:
            while True:
                try:
                    mutant, tests = todo.get_nowait()
                except queue.Empty:
                    return
                test = judge(mutant, tests, where)
                with lock:
                    report(mutant, test)

    threads = [threading.Thread(target=worker) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _counted_line(mutant, counted):
    """Where gcov counts the mutant's statement: of several lines it knows
    some only, before or behind it; of the last one perhaps none."""
    number, source = mutant.line, mutant.source
    while number not in counted and not source.line_text(
            number - 1).endswith((';', '{', '}')):
        number -= 1
    if number in counted:
        return number
    number, last = mutant.line, source.line_of(mutant.function.end)
    while number not in counted and number < last:
        number += 1
    if number in counted:
        return number
    return max((n for n in counted if n < mutant.line), default=number)


def tests_for(mutant, lines):
    """Those that run its line, by how much of its function they see."""
    counted = lines.get(mutant.path, {})
    seen = {test: 0
            for test in counted.get(_counted_line(mutant, counted), [])}
    for line in range(mutant.source.line_of(mutant.function.start),
                      mutant.source.line_of(mutant.function.end) + 1):
        for test in counted.get(line, []):
            if test in seen:
                seen[test] += 1
    return sorted(seen, key=lambda test: (-seen[test], test.seconds))
