"""Faults of one call of a step, or of one request."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from moto.core.exceptions import JsonRESTError

from support.faults import Fault
from workflow.faults import function_dies
from workflow.functions import Event, Handler, Hook, State

_die = function_dies("Runtime.ExitError", "RequestId: 1 Error: Runtime exited with error: signal: killed")


def killed_before(handler: Handler, event: Event) -> State:
    """Kill the function before it does anything."""
    return _die(handler, event)


def killed_after(handler: Handler, event: Event) -> State:
    """Kill the function after it has done all of its work."""
    handler(event)
    return _die(handler, event)


def delivered_twice(handler: Handler, event: Event) -> State:
    """Run the function twice at the same time, and return the last answer."""
    answers: list[Callable[[], State]] = []
    lock = Lock()

    def call() -> None:
        try:
            state = handler(event)
        except Exception as error:  # noqa: BLE001 - any exception of the function is its answer
            failure = error

            def answer() -> State:
                raise failure
        else:

            def answer() -> State:
                return state

        with lock:
            answers.append(answer)

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(call) for _ in range(2)]:
            future.result()
    return answers[-1]()


def delivered_again(handler: Handler, event: Event) -> State:
    """Run the function a second time after its end."""
    handler(event)
    return handler(event)


def response_lost(handler: Handler, event: Event) -> State:
    """Run the function, and lose its answer."""
    handler(event)
    raise JsonRESTError("SdkClientException", "Unable to execute HTTP request: Read timed out")


FAULTS: dict[str, Hook] = {
    "killed at the start": killed_before,
    "killed at the end": killed_after,
    "delivered twice at once": delivered_twice,
    "delivered again after the end": delivered_again,
    "answer lost": response_lost,
}

# The short form leaves out a second delivery, which finds the same state as the retry after a lost answer.
SHORT_FAULTS = ("killed at the start", "killed at the end", "delivered twice at once", "answer lost")

CONNECTION_FAULTS = {
    "connection reset before the node acts": Fault.reset(),
    "connection reset after the node acts": Fault.reset().after_node(),
    "connection closed within the answer": Fault.cut(),
    "status 429": Fault.status(429),
    "status 502": Fault.status(502),
    "status 503": Fault.status(503),
    "status 504 after the node acts": Fault.status(504).after_node(),
}
SHORT_CONNECTION_FAULTS = ("connection reset after the node acts",)


def once(fault: Hook, otherwise: Hook | None = None) -> Hook:
    """Return a hook that injects a fault into the first call.

    Args:
        fault: the fault.
        otherwise: another hook for every call, also the first one.
    """
    calls = 0

    def hook(handler: Handler, event: Event) -> State:
        nonlocal calls
        calls += 1
        first = calls == 1

        def call(event: Event) -> State:
            return otherwise(handler, event) if otherwise else handler(event)

        return fault(call, event) if first else call(event)

    return hook
