"""What happens to writes while an index is copied."""

from enum import StrEnum


class Strategy(StrEnum):
    """Handling of writes during the copy, by its name in a trigger file.

    Attributes:
        REDIRECT_WRITES: writes go to the target index before the copy begins.
        BLOCK_WRITES: writes are refused until the copy is proven and the aliases have moved.
    """

    REDIRECT_WRITES = "redirect_writes"
    BLOCK_WRITES = "block_writes"
