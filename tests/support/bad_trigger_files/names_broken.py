"""Make files whose pattern, templates and names conflict or are illegal."""

from random import Random

from support.bad_trigger_files.faults import Faults, File, put_in
from support.bad_trigger_files.good import VERSIONED

FAULTS = Faults("names")
# What a name means depends on other keys, so these are found in files that fit the schema.
WITH_OTHER_KEYS = Faults("names")
_NO_EXPRESSIONS = (
    *("(", ")", "[", "(.+", "(.+))_v", "[a-", "[z-a]_v1", "*", "+_v", "?", "a**", "a{2}{3}", "a{3,2}"),
    "a{99999999999}",
    *("(?P<base>.+)(?P<base>.+)", "(?P<1>a)", "(?P<a b>.)", "(?P=nope)", r"\1", r"(a)\2", "(?(2)a)", "(?<=a+)b"),
    "(?<!.*)b",
    *("a(?i)", "(?z)", "(?L)a", "(?a-i)", r"\q", r"\x", r"\u12", r"\N{no such letter}", "a\\", "(?#", "(?<a"),
    *("(?:", "[]", "[^]", "(?<>a)"),
    "(" * 2000 + ")" * 2000,
)
# They need too many steps to match, or to find that they do not match.
_ENDLESS = (r"(a+)+b", r"((a*)*)*b", r"(a|aa)+b", r"^(([a-z])+.)+[A-Z]([a-z])+$", r"(.*)(.*)(.*)(.*)(.*)(.*)b")
_ILLEGAL_IN_INDEX = (
    *("_a_v1", "-a_v1", "+a_v1", ".a_v1", ".kibana_v1", "..", "A_v1", "aÄ_v1", "a*_v1", "*", "_all", "*_v1", "a?_v1"),
    "a,b_v1",
    *("a b_v1", " a_v1", "a_v1 ", "a/b_v1", "a\\b_v1", 'a"b_v1', "a<b_v1", "a>b_v1", "a|b_v1", "a#b_v1", "a:b_v1"),
    "remote:a_v1",
    *("a\n_v1", "a\t_v1", "a\0_v1", "a\u200b_v1", "a\u00a0_v1", "a\x7f_v1", "<a-{now/d}>_v1", "a_v1,", "-", "İ_v1"),
)
_LETTERS_OF_NO_NAME = '*?"<>|,#: /\t\n\0\u200b\u00a0'


@FAULTS.in_file("no regular expression")
def _no_expression(random: Random, file: File) -> str:
    file["index_pattern"] = random.choice(_NO_EXPRESSIONS)
    return "index_pattern: is invalid: "


@FAULTS.in_file("an expression that backtracks without end", at_most=len(_ENDLESS))
def _endless(random: Random, file: File) -> str:
    file["index_pattern"] = random.choice(_ENDLESS)
    file["indices"] = ["a" * random.randint(150, 250)]
    return "index_pattern: takes more than"


@FAULTS.in_file("a name that the pattern does not match in full")
def _no_match(random: Random, file: File) -> str:
    name = random.choice(["books", "books_v", "books_vx", "books-v1", "v1", "books_v1_v", "books_v1.5", "books_v1x"])
    return f"indices[{put_in(random, file, name)}]: source index '{name}' does not match index_pattern"


@FAULTS.in_file("a group that is not in the pattern")
def _no_such_group(random: Random, file: File) -> str:
    key = random.choice(["index_replacement", "alias_name"])
    group = random.choice(
        [r"\9", r"\g<nope>", r"\g<9>", r"\g<", r"\g<>", r"\g<-1>", r"\q", r"\777", "x\\", r"\g<a b>", r"\c"]
    )
    file[key] = random.choice(["{}", "x{}", r"\1{}", r"\1_v{{{{next_version}}}}{}"]).format(group)
    return "indices[0]: "


@FAULTS.in_file("an unknown placeholder")
def _unknown_placeholder(random: Random, file: File) -> str:
    name = random.choice(
        ["version", "index", "nextversion", "NEXT_VERSION", "base", "1", "_", "date", f"x{random.getrandbits(20)}"]
    )
    file[random.choice(["index_replacement", "alias_name"])] += f"{{{{{name}}}}}"
    return f"indices[0]: {{{{{name}}}}} is not a placeholder"


@FAULTS.in_file("a placeholder that the pattern has nothing for")
def _nothing_for_a_placeholder(random: Random, file: File) -> str:
    key = random.choice(["index_replacement", "alias_name"])
    placeholder, pattern = random.choice(
        [
            ("{{index_base}}", r".+_v\d+"),
            ("{{next_version}}", r"(.+_)v\d+"),
            ("{{next_version}}", r"(.+)_(v\d+)"),
            ("{{next_version}}", r"(?P<version>.+)_v(\d+)"),
            ("{{index_base}}", r"()[^_]+_v\d+"),
        ]
    )
    file |= {"index_pattern": pattern, "index_replacement": "one_v2", "alias_name": "all"}
    file[key] = f"x{random.choice(['', '-', '_'])}{placeholder}"
    return f"indices[0]: {placeholder} needs a group"


@FAULTS.in_file("an index whose name is illegal, or a wildcard")
def _illegal_source(random: Random, file: File) -> str:
    file |= {"index_pattern": r"([\s\S]+)", "index_replacement": r"\1-2", "alias_name": r"\1-current"}
    long = random.choice(["a" * 256, "ü" * 128, "a" * 1000, "日" * 86])
    name = random.choice([*_ILLEGAL_IN_INDEX, long, f"a{random.choice(_LETTERS_OF_NO_NAME)}{random.getrandbits(20):x}"])
    return f"indices[{put_in(random, file, random.choice([name, {'name': name}]))}]: source index "


@FAULTS.in_file("a target index whose name is illegal")
def _illegal_target(random: Random, file: File) -> str:
    file |= VERSIONED
    bad = random.choice(_LETTERS_OF_NO_NAME)
    start = random.choice("-_+.")
    rest = r"\1_v{{next_version}}"
    file["index_replacement"] = random.choice(
        [f"{rest}{bad}", f"{start}{rest}", f"{rest}X", f"{rest}Ä", f"{rest}{'x' * 250}"]
    )
    return "indices[0]: target index "


@FAULTS.in_file("an alias whose name is illegal")
def _illegal_alias(random: Random, file: File) -> str:
    bad, start = random.choice(_LETTERS_OF_NO_NAME), random.choice("-_+.")
    file["alias_name"] = random.choice(
        [f"\\1{bad}", f"{start}\\1", f"{{{{index_base}}}}{bad}x", f"\\1{'x' * 255}", "_all", "*", ".."]
    )
    return "indices[0]: alias "


@FAULTS.in_file("an alias that is reserved for this module")
def _reserved_alias(random: Random, file: File) -> str:
    prefix = random.choice(["opensearch-reindex-owner~", "opensearch-reindex-source~"])
    file["alias_name"] = prefix + random.choice([r"\1", "{{index_base}}", r"arn~aws~\1"])
    return "indices[0]: alias "


@FAULTS.in_file("an index listed twice")
def _twice(random: Random, file: File) -> str:
    entry = random.choice(file["indices"])
    name = entry if isinstance(entry, str) else entry["name"]
    file["indices"].append(random.choice([name, {"name": name}, {"name": name, "mappings": {}}]))
    return f"indices[{len(file['indices']) - 1}]: duplicate source index {name!r}, first at"


@FAULTS.in_file("two indices with one target")
def _one_target(random: Random, file: File) -> str:
    replacement, entries = random.choice(
        [
            (f"target-{random.getrandbits(20)}", ["books_v1", "songs_v007", "maps_v0"]),
            (r"all_v{{next_version}}", ["books_v1", "ünï_v1"]),
            (r"\1_v2", ["maps_v0", "maps_v1"]),
        ]
    )
    file |= VERSIONED | {"index_replacement": replacement, "indices": random.sample(entries, len(entries))}
    return f"indices[{len(entries) - 1}]: target index "


@FAULTS.in_file("a target that is in the list itself")
def _target_in_list(random: Random, file: File) -> str:
    file |= VERSIONED | random.choice([{}, {"alias_name": r"\1-\2"}])
    base, version = f"base{random.getrandbits(20)}", random.randint(0, 2000)
    names = [f"{base}_v{version}", f"{base}_v{version + 1}"]
    file["indices"] = random.sample(names, 2)
    return f"indices[{file['indices'].index(names[0])}]: target index '{names[1]}' is also a source index of this file"


@FAULTS.in_file("a target that is its own source")
def _target_is_source(random: Random, file: File) -> str:
    file |= VERSIONED | {"index_replacement": random.choice([r"\1_v\2", r"\g<0>", r"\g<1>_v\g<2>"])}
    return "indices[0]: target index "


@FAULTS.in_file("an alias that is the name of an index")
def _alias_is_index(random: Random, file: File) -> str:
    file |= VERSIONED | {"alias_name": random.choice([r"\1_v{{next_version}}", "{{index_base}}_v{{next_version}}"])}
    return "indices[0]: alias "


@FAULTS.in_file("an alias that is the name of another index")
def _alias_is_other_index(random: Random, file: File) -> str:
    names = random.sample(["books_v1", "songs_v007", "maps_v0"], 2)
    file |= VERSIONED | {"alias_name": names[1], "indices": names}
    return f"indices[0]: alias {names[1]!r} is the name of an index"


@WITH_OTHER_KEYS.in_file("a first alias for an index that stays")
def _first_alias_of_kept_source(random: Random, file: File) -> str:
    file |= VERSIONED | {"alias_name": r"\g<0>", "strategy": "block_writes", "keep_source": True}
    return "indices[0]: alias "


@WITH_OTHER_KEYS.in_file("a first alias that writes are to be redirected to")
def _first_alias_redirected(random: Random, file: File) -> str:
    file |= VERSIONED | {"alias_name": r"\g<0>", "strategy": "redirect_writes", "keep_source": False}
    return "indices[0]: alias "


@WITH_OTHER_KEYS.in_file("the name of an index that stays for an alias")
def _name_of_kept_source(random: Random, file: File) -> str:
    file |= {"keep_source": True, "keep_source_name_as_alias": True}
    return "keep_source_name_as_alias: is true"
