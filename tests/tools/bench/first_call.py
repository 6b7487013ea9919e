"""Import the handlers of an unpacked package and call one of them, as a cold Lambda function does.

Usage: python first_call.py FOLDER HANDLER, with the event as JSON on stdin; without a HANDLER only boto3 is imported.
The last line printed is JSON. It imports nothing at its top that would take away from what is measured.
"""

import sys
import time


def main(folder: str, handler: str) -> dict[str, object]:
    """Measure, and return what was seen.

    Args:
        folder: with the unpacked package.
        handler: name of a function of `handlers`, empty for none.
    """
    text = sys.stdin.read()
    sys.path.insert(0, folder)
    error = ""
    started = time.perf_counter()
    if handler:
        handlers = __import__("handlers")
        imported = time.perf_counter()
        import json  # by now the handlers have imported it

        event = json.loads(text)
        called = time.perf_counter()
        try:
            getattr(handlers, handler)(event, None)
        except Exception as raised:  # noqa: BLE001 - which one it was is told
            error = type(raised).__name__
    else:
        __import__("boto3")
        imported = called = time.perf_counter()
    ended = time.perf_counter()
    # Not getrusage's: that is also the peak of the process which this one was forked from.
    with open("/proc/self/status") as status:  # noqa: PTH123 - pathlib may not have been imported
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    return {
        "import_seconds": imported - started,
        "call_seconds": ended - called,
        "peak_mib": peak / 1024,
        "error": error,
        "packages": sorted({name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)),
    }


if __name__ == "__main__":
    result = main(sys.argv[1], sys.argv[2])
    import json

    print(json.dumps(result))
