"""Verification of Signature Version 4 like on AWS, without a signing library.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote_plus

SERVICE = "es"
_MAX_AGE = timedelta(minutes=5)
_TIME_FORMAT = "%Y%m%dT%H%M%SZ"
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 "
    r"Credential=(?P<key_id>[^/]+)/(?P<scope>(?P<date>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request), *"
    r"SignedHeaders=(?P<signed>[a-z0-9;-]+), *"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)
_INVALID = "The security token included in the request is invalid."
_EXPIRED = "The security token included in the request is expired"
_WRONG = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


@dataclass(frozen=True)
class Request:
    """A received request, without any decoding.

    Attributes:
        method: HTTP method.
        path: text before the `?`.
        query: text after the `?`, or empty.
        headers: values by lower-case name.
        body: the whole body.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class AccessKey:
    """An access key, like AWS stores it.

    Attributes:
        access_key_id: public id of the key.
        secret_access_key: secret for the signatures.
        session_token: token that temporary credentials need; empty for a permanent key.
        is_expired: whether temporary credentials have expired.
    """

    access_key_id: str
    secret_access_key: str
    session_token: str = ""
    is_expired: bool = False

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables of a Lambda function with this key."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_SESSION_TOKEN": self.session_token,
        }


Lookup = Callable[[str], AccessKey | None]


def refusal(request: Request, region: str, lookup: Lookup) -> dict[str, str] | None:
    """Return AWS's refusal of a request with a wrong signature, or None.

    Args:
        request: the received request.
        region: region of the domain.
        lookup: returns the key with an access key id, or None for an unknown id.
    """
    authorization = request.headers.get("authorization")
    if authorization is None:
        action = f"es:ESHttp{request.method.capitalize()}"
        return {"Message": f"User: anonymous is not authorized to perform: {action}"}
    signed = _AUTHORIZATION.fullmatch(authorization)
    if not signed:
        return {"message": f"Authorization header is not one of Signature Version 4. Authorization={authorization}"}
    key = lookup(signed["key_id"])
    problem = (
        (_key_problem(request, key) if key else _INVALID)
        or _scope_problem(request, region, signed)
        or _date_problem(request)
        or _headers_problem(request, signed)
        or (_signature_problem(request, key, signed) if key else None)
    )
    return {"message": problem} if problem else None


def access_key_id(request: Request) -> str:
    """Return the access key id of a signed request, or "".

    Args:
        request: the received request.
    """
    signed = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    return signed["key_id"] if signed else ""


def _key_problem(request: Request, key: AccessKey) -> str | None:
    token = request.headers.get("x-amz-security-token", "")
    if not hmac.compare_digest(token.encode(), key.session_token.encode()):
        return _INVALID
    return _EXPIRED if key.is_expired else None


def _scope_problem(request: Request, region: str, signed: re.Match[str]) -> str | None:
    if signed["region"] != region:
        return f"Credential should be scoped to a valid region, not '{signed['region']}'. "
    if signed["service"] != SERVICE:
        return f"Credential should be scoped to correct service: '{SERVICE}'. "
    if not request.headers.get("x-amz-date", "").startswith(signed["date"]):
        return "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP"
    return None


def _date_problem(request: Request) -> str | None:
    text = request.headers["x-amz-date"]
    try:
        date = datetime.strptime(text, _TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return f"Date must be in ISO-8601 'basic format'. Got '{text}'."
    now = datetime.now(UTC)
    if date < now - _MAX_AGE:
        return f"Signature expired: {text} is now earlier than {now - _MAX_AGE:{_TIME_FORMAT}}"
    if date > now + _MAX_AGE:
        return f"Signature not yet current: {text} is still later than {now + _MAX_AGE:{_TIME_FORMAT}}"
    return None


def _headers_problem(request: Request, signed: re.Match[str]) -> str | None:
    """Require signatures of host, content type and all `x-amz-` headers."""
    names = {name for name in request.headers if name.startswith("x-amz-") or name in ("host", "content-type")}
    missing = sorted((names | {"host"}) - set(signed["signed"].split(";")))
    return f"'{missing[0]}' must be a 'SignedHeader' in the AWS Authorization." if missing else None


def _signature_problem(request: Request, key: AccessKey, signed: re.Match[str]) -> str | None:
    canonical = _canonical_request(request, signed["signed"])
    text = "\n".join(["AWS4-HMAC-SHA256", request.headers["x-amz-date"], signed["scope"], _sha256(canonical.encode())])
    signing_key = f"AWS4{key.secret_access_key}".encode()
    for part in signed["scope"].split("/"):
        signing_key = _hmac(signing_key, part)
    if hmac.compare_digest(_hmac(signing_key, text).hex(), signed["signature"]):
        return None
    return (
        f"{_WRONG}\n\nThe Canonical String for this request should have been\n'{canonical}'\n\n"
        f"The String-to-Sign should have been\n'{text}'\n"
    )


def _canonical_request(request: Request, signed_headers: str) -> str:
    """Return the canonical form of a request, which the signature covers.

    The path is encoded without decoding it before: for `/%3Fa=b%20c` the service `es` expects `/%253Fa%3Db%2520c`
    (aws/aws-sdk-js#853). Names and values of the query are decoded first and encoded once.
    """
    pairs = [pair.partition("=")[::2] for pair in request.query.split("&") if pair]
    query = sorted((_encoded(name), _encoded(value)) for name, value in pairs)
    headers = [f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in signed_headers.split(";")]
    return "\n".join(
        [
            request.method,
            quote(request.path, safe="/-_.~"),
            "&".join(f"{name}={value}" for name, value in query),
            "".join(headers),
            signed_headers,
            _sha256(request.body),
        ]
    )


def _encoded(text: str) -> str:
    return quote(unquote_plus(text), safe="-_.~")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
