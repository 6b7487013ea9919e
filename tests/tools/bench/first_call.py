"""Import a package's handlers and call one of them, like a cold Lambda function.

Usage: `python first_call.py FOLDER HANDLER` with the event as JSON on stdin. An empty HANDLER imports boto3 alone.
The last line of the output is JSON. The top of the file imports no module that the handlers need too.
"""

import sys
import time

# Packages at the root of the zip.
OWN = ("handlers", "opensearch_reindex")


def main(folder: str, handler: str) -> dict[str, object]:
    """Measure the import and the call, and return the results.

    Args:
        folder: folder of the unpacked package.
        handler: name of a function of `handlers`, or empty.
    """
    text = sys.stdin.read()
    sys.path.insert(0, folder)
    error = ""
    started = time.perf_counter()
    if handler:
        handlers = __import__("handlers")
        imported = time.perf_counter()
        import json  # the handlers have already imported it

        event = json.loads(text)
        called = time.perf_counter()
        try:
            getattr(handlers, handler)(event, None)
        except Exception as raised:  # noqa: BLE001 - the result has its name
            error = type(raised).__name__
    else:
        __import__("boto3")
        imported = called = time.perf_counter()
    ended = time.perf_counter()
    # Not from `getrusage`, whose peak includes the peak of the parent process.
    with open("/proc/self/status") as status:  # noqa: PTH123 - pathlib may not have been imported
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    return {
        "import_seconds": imported - started,
        "call_seconds": ended - called,
        "peak_mib": peak / 1024,
        "error": error,
        "own_modules": sum(name.partition(".")[0] in OWN for name in sys.modules),
        "packages": sorted({name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)),
    }


if __name__ == "__main__":
    result = main(sys.argv[1], sys.argv[2])
    import json

    print(json.dumps(result))
