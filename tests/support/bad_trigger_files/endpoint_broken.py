"""Make files with a forbidden endpoint, or a misleading form of the right one."""

from random import Random

from support.bad_trigger_files.faults import Faults, File

FAULTS = Faults("endpoint")
_SAYS = "opensearch_endpoint: "
_OTHER_HOSTS = (
    *("evil.example", "10.0.0.1", "169.254.169.254"),
    "search-books-abcdefghijklmnopqrstuvwxyz.us-east-1.es.amazonaws.com",
    # Other names of loopback: only the listed one is allowed.
    *("localhost", "127.1", "127.0.0.2", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]"),
    *("127.0.0.1.", ".127.0.0.1", "127.0.0.1.nip.io", "127.0.0.1.evil.example", "evil.example.127.0.0.1"),
    *("\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "\u2460\u2461\u2466.0.0.1", "127.0.0.%31"),
)
_OTHER_SCHEMES = (
    *("", "//", "://", "ftp://", "file://", "ws://", "s3://", "HTTP://", "Https://", "http:", "http:/", "http:///"),
    *("https//", "https:\\\\", "hthttp://tp://", " https://", "\thttp://", "javascript:http://", "http+unix://"),
)
_BEFORE_THE_HOST = ("user@", "user:password@", "@", ":@", "evil.example@", "evil.example:443@", "evil.example%40")
_AFTER_THE_PORT = (
    *("/_all", "//", "/.", "/?a", "?", "?pretty", "#", "#a", "/#", ";a", "%2f", "?@evil.example", "#@evil.example"),
    *("@evil.example", "\\@evil.example", "/@evil.example", ".evil.example", ",evil.example:443", "%00.evil.example"),
)
_UNSEEN = (" ", "\t", "\n", "\r", "\r\n", "\0", "\u200b", "\u00a0", "\ufeff", "\u00ad", "%20", "\x7f")


def _parts(file: File) -> tuple[str, str, str]:
    """Split the allowed endpoint into scheme with `://`, host and port."""
    scheme, separator, rest = file["opensearch_endpoint"].rstrip("/").partition("://")
    host, _, port = rest.partition(":")
    return scheme + separator, host, port


@FAULTS.in_file("another host")
def _another_host(random: Random, file: File) -> str:
    scheme, right, port = _parts(file)
    others = [*_OTHER_HOSTS, f"host-{random.getrandbits(20)}.example.com"]
    host = random.choice([other for other in others if other != right])
    file["opensearch_endpoint"] = f"{scheme}{host}{random.choice(['', f':{port}', ':9200'])}"
    return _SAYS


@FAULTS.in_file("another port")
def _another_port(random: Random, file: File) -> str:
    scheme, host, port = _parts(file)
    others = ["", "0", "65536", "-1", f"{port}0", f"+{port}", f" {port}", f"{port}.0", f"{port}:{port}"]
    others += [
        f"{int(port) + 65536}",
        f"{int(port) + random.randint(1, 500)}",
        f"{int(port):#x}",
        f"{port[0]}_{port[1:]}",
    ]
    file["opensearch_endpoint"] = random.choice([f"{scheme}{host}", f"{scheme}{host}:{random.choice(others)}"])
    return _SAYS


@FAULTS.in_file("another scheme, or none")
def _another_scheme(random: Random, file: File) -> str:
    _, host, port = _parts(file)
    file["opensearch_endpoint"] = f"{random.choice(_OTHER_SCHEMES)}{host}:{port}"
    return _SAYS


@FAULTS.in_file("a user, a path, a query or a fragment")
def _more_than_a_host(random: Random, file: File) -> str:
    scheme, host, port = _parts(file)
    right = f"{host}:{port}"
    before, after = random.choice(_BEFORE_THE_HOST), random.choice(_AFTER_THE_PORT)
    wrong = (f"{before}{right}", f"{right}{after}", f"{before}{right}{after}", f"evil.example/{right}")
    file["opensearch_endpoint"] = scheme + random.choice(wrong)
    return _SAYS


@FAULTS.in_file("white space and invisible letters")
def _white_space(random: Random, file: File) -> str:
    text = file["opensearch_endpoint"]
    position = random.randint(0, len(text))
    file["opensearch_endpoint"] = text[:position] + random.choice(_UNSEEN) + text[position:]
    return _SAYS


@FAULTS.in_file("OpenSearch Serverless")
def _serverless(random: Random, file: File) -> str:
    region = random.choice(["us-east-1", "eu-central-1", "ap-southeast-2"])
    file["opensearch_endpoint"] = f"https://{random.getrandbits(60):x}.{region}.aoss.amazonaws.com"
    return f"{_SAYS}is an OpenSearch Serverless collection"


@FAULTS.in_file("no URL")
def _no_url(random: Random, file: File) -> str:
    texts = ("localhost", "http://", "https://", "http://*", "http://[", "http://[::", "{{endpoint}}", "*", "a b")
    arn = "arn:aws:es:us-east-1:123456789012:domain/books"
    file["opensearch_endpoint"] = random.choice([*texts, arn, f"domain-{random.getrandbits(20)}"])
    return _SAYS
