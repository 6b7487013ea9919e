"""Whether AWS would take a signed request: Signature Version 4 as the service checks it, without any signing library.

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
    """A request as it arrived, nothing decoded.

    Attributes:
        method: GET, PUT and so on.
        path: before the `?`.
        query: after it, empty if there is none.
        headers: values by lower-case name.
        body: all of it.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class AccessKey:
    """What AWS knows of an access key.

    Attributes:
        access_key_id: its public name.
        secret_access_key: what signatures are made with.
        session_token: of temporary credentials, which are worth nothing without; empty for a key that lasts.
        is_expired: whether their time is over.
    """

    access_key_id: str
    secret_access_key: str
    session_token: str = ""
    is_expired: bool = False

    @property
    def environment(self) -> dict[str, str]:
        """The variables in which Lambda hands it to a function."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_SESSION_TOKEN": self.session_token,
        }


Lookup = Callable[[str], AccessKey | None]


def refusal(request: Request, region: str, lookup: Lookup) -> dict[str, str] | None:
    """Return AWS's answer to a request that is not signed as it must be, None for one that is.

    Args:
        request: with its `authorization` header.
        region: of the domain.
        lookup: gives what is known of an access key id, None for a foreign one.
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
    """Return the access key id that a request is signed with, empty for one without a signature.

    Args:
        request: as it arrived.
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
    """AWS wants the host signed, every `x-amz-` header, and the content type where there is one."""
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
    """Put the request into the one form that is signed.

    The path is encoded as it is, what is encoded already a second time: for `/%3Fa=b%20c` the service `es` expects
    `/%253Fa%3Db%2520c` (aws/aws-sdk-js#853). Of a query, names and values are decoded first and encoded once.
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
