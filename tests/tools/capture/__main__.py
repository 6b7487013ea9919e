"""Draw the demo in a terminal, as docs/demo.svg.

`python -m capture` runs the demo. `--from FILE` draws the output of an earlier run.
"""

import argparse
import socket
import subprocess
import sys
from pathlib import Path

from capture.picture import COLUMNS, draw
from capture.recording import record
from support.paths import ROOT

PICTURE = ROOT / "docs" / "demo.svg"


def main() -> int:
    """Write the picture and return the exit status."""
    parser = argparse.ArgumentParser(prog="capture", description=__doc__)
    parser.add_argument("--from", dest="recording", type=Path, help="file with the output of the demo")
    options = parser.parse_args()
    try:
        output = (
            options.recording.read_text("utf-8")
            if options.recording
            else record([sys.executable, "-m", "demo"], COLUMNS)
        )
    except subprocess.CalledProcessError as error:
        print(f"capture: {error}", file=sys.stderr)
        return 1
    if private := [name for name in (str(ROOT), str(Path.home()), socket.gethostname()) if name in output]:
        print(f"capture: the output names this machine: {', '.join(private)}", file=sys.stderr)
        return 1
    PICTURE.write_text(draw("make demo", output), "utf-8")
    print(f"written: {PICTURE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
