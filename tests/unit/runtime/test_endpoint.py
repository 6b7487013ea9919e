import pytest

from opensearch_reindex.runtime.endpoint import allowed_endpoint, parse_endpoint

ARN = "arn:aws:es:eu-central-1:123456789012:domain/products"
AWS = "https://search-products-abcdefghijklmnopqrstuvwxyz.eu-central-1.es.amazonaws.com"


def problem(url: str, allowed: list[str] | None = None) -> str | None:
    try:
        allowed_endpoint(url, allowed or [], [ARN])
    except ValueError as error:
        return str(error)
    return None


def test_an_endpoint_is_parsed() -> None:
    endpoint = parse_endpoint(AWS)
    assert (endpoint.scheme, endpoint.port, endpoint.region) == ("https", 443, "eu-central-1")
    assert endpoint.url == f"{AWS}:443"
    assert parse_endpoint("https://Search.Example.com:8443/").url == "https://search.example.com:8443"
    assert parse_endpoint("http://127.0.0.1").port == 80


@pytest.mark.parametrize(
    "url",
    [
        "search.example.com",
        "ftp://search.example.com",
        "https://",
        "https://host:port",
        "https://host:99999",
        "https://[::1",
        "https://ho st",
        "https://user:password@host",
        "https://host/path",
        "https://host?query",
        "https://host#fragment",
        "https://host:0",
        "https://host:",
        "https://host?",
        "https://ho\nst",
        "https://host\n",
        " https://host",
        "https://\u212aey.example",  # the sign for Kelvin, in lower case a k
        "https://host:\u0664\u0664\u0663",
        "https://host\\@evil.example",
    ],
)
def test_anything_but_scheme_host_and_port_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"https://host\[:port\]"):
        parse_endpoint(url)


def test_opensearch_serverless_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="Serverless"):
        parse_endpoint("https://abc123.us-east-1.aoss.amazonaws.com")


@pytest.mark.parametrize(
    "url",
    [
        AWS,
        "https://vpc-products-abcdefghijklmnopqrstuvwxyz.eu-central-1.es.amazonaws.com:443",
        "https://search-products-abcdefghijklmnopqrstuvwxyz.aos.eu-central-1.on.aws",
    ],
)
def test_the_endpoints_that_aws_gives_a_domain_are_allowed(url: str) -> None:
    assert problem(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://search-orders-abcdefghijklmnopqrstuvwxyz.eu-central-1.es.amazonaws.com",
        "https://search-products-abcdefghijklmnopqrstuvwxyz.us-east-1.es.amazonaws.com",
        "https://search-products-abcdefghijklmnopqrstuvwxyz.eu-central-1.es.amazonaws.com.evil.example",
        "https://search.example.com",
        "https://169.254.169.254",
        f"{AWS}:9200",
        AWS.replace("https", "http"),
    ],
)
def test_every_other_endpoint_is_refused(url: str) -> None:
    assert problem(url)


def test_listed_endpoints_take_the_place_of_the_ones_aws_gives() -> None:
    allowed = ["search.example.com", "search.example.com:8443"]
    assert problem("https://search.example.com", allowed) is None
    assert problem("https://search.example.com:8443", allowed) is None
    assert problem("https://search.example.com:9443", allowed) is not None
    assert problem(AWS, allowed) is not None


def test_plain_http_is_for_a_listed_loopback_address_alone() -> None:
    allowed = ["127.0.0.1:9210", "localhost:9210", "10.0.0.1:9210", "search.example.com:80"]
    assert problem("http://127.0.0.1:9210", allowed) is None
    assert problem("http://localhost:9210", allowed) is None
    assert "https" in str(problem("http://10.0.0.1:9210", allowed))
    assert "https" in str(problem("http://search.example.com", allowed))
    assert problem("http://127.0.0.1:9211", allowed) is not None
