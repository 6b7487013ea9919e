"""The writes of the demo's application: new towns, and a new census of cities."""

import itertools
from collections.abc import Iterator, Mapping, Sequence

from demo.data import Document, towns
from support.writer import Write

_BULK_SIZE = 20


def census(documents: Mapping[str, Document]) -> Iterator[Sequence[Write]]:
    """Yield a new document, an overwritten one and a bulk of both, again and again.

    Args:
        documents: what the index holds, as last acknowledged.
    """
    loaded_ids, own_ids, new_documents = list(documents), list[str](), towns()

    def create(number: int) -> list[Write]:
        return [Write("create", *each) for each in itertools.islice(new_documents, number)]

    def overwrite(document_ids: Sequence[str], start: int, number: int) -> list[Write]:
        if not document_ids:
            return []
        chosen = {document_ids[(start + step) % len(document_ids)] for step in range(number)}
        return [Write("index", each, _next_revision(documents[each])) for each in sorted(chosen)]

    for turn in itertools.count():
        single = create(1)
        yield single
        own_ids += [write.document_id for write in single]
        yield overwrite(own_ids, turn, 1)
        created = create(_BULK_SIZE)
        yield [
            *created,
            *overwrite(own_ids[:-_BULK_SIZE], turn * 7, 3),
            *overwrite(loaded_ids, turn * 997, 5),
        ]
        own_ids += [write.document_id for write in created]


def _next_revision(document: Document) -> Document:
    """Return a whole new version, such as a new census gives."""
    return {**document, "population": document["population"] + 1, "revision": document["revision"] + 1}
