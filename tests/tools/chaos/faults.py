"""What can happen to one call of a step, or to one request: killed, delivered twice, its answer lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from moto.core.exceptions import JsonRESTError

from support.faults import Fault
from workflow.faults import function_dies
from workflow.functions import Event, Handler, Hook, State

_die = function_dies("Runtime.ExitError", "RequestId: 1 Error: Runtime exited with error: signal: killed")


def killed_before(handler: Handler, event: Event) -> State:
    """The function dies before it has done anything."""
    return _die(handler, event)


def killed_after(handler: Handler, event: Event) -> State:
    """The function dies when it has done all of its work."""
    handler(event)
    return _die(handler, event)


def delivered_twice(handler: Handler, event: Event) -> State:
    """The function runs twice at the same moment; Step Functions goes on with the answer that comes last."""
    answers: list[Callable[[], State]] = []
    lock = Lock()

    def call() -> None:
        try:
            state = handler(event)
        except Exception as error:  # noqa: BLE001 - whatever the function raises is its answer
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
    """The function runs a second time after it has ended."""
    handler(event)
    return handler(event)


def response_lost(handler: Handler, event: Event) -> State:
    """The function does its work, and Step Functions never hears of it."""
    handler(event)
    raise JsonRESTError("SdkClientException", "Unable to execute HTTP request: Read timed out")


FAULTS: dict[str, Hook] = {
    "killed before": killed_before,
    "killed after": killed_after,
    "delivered twice": delivered_twice,
    "delivered again": delivered_again,
    "response lost": response_lost,
}

# Those of the short form: what a step has done before is the same in the others.
SHORT_FAULTS = ("killed before", "killed after", "delivered twice", "response lost")

CONNECTION_FAULTS = {
    "reset before the node acts": Fault.reset(),
    "reset after the node has acted": Fault.reset().after_node(),
    "cut in the answer": Fault.cut(),
    "answered with 429": Fault.status(429),
    "answered with 502": Fault.status(502),
    "answered with 503": Fault.status(503),
    "answered with 504 after the node has acted": Fault.status(504).after_node(),
}
SHORT_CONNECTION_FAULTS = ("reset after the node has acted",)


def once(fault: Hook, otherwise: Hook | None = None) -> Hook:
    """Let a fault happen to the first call alone.

    Args:
        fault: what happens.
        otherwise: a hook for every call, the first one too.
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
