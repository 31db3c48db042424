"""What schemathesis can't know of this API: who calls, and which ids are real. Settings: QXT_ROLE
(guardian, carer, manager, officer, admin, none) and QXT_URL.
"""

import os
import re

import requests
import schemathesis
from roles import roles

ROLE = os.environ["QXT_ROLE"]
SERVER = os.environ["QXT_URL"]
API = SERVER + "/api/v1"
PASSWORD = "tuoyu-demo-2026"
ID = re.compile(r"\b[a-z]{3}_[0-9a-f]{32}\b")

http = requests.Session()
http.trust_env = False


class Account:
    """Someone signed in."""

    def __init__(self, name):
        if name == "guardian":
            self.said = self.call("POST", "/auth/wechat", {"code": "dev:past-001"})
        else:
            self.said = self.call("POST", "/auth/staff", {"username": name, "password": PASSWORD})

    def headers(self):
        return {"Authorization": "Bearer " + self.said["access_token"]} if hasattr(self, "said") else {}

    def call(self, method, path, body=None):
        answer = http.request(method, API + path, json=body, headers=self.headers(), timeout=30)
        if answer.status_code >= 300:
            raise RuntimeError(f"{method} {path} answered {answer.status_code}: {answer.text}")
        return answer.json() if answer.content else None


class Leaver(Account):
    """A guardian whom nobody misses; a new one each time."""

    count = 0

    def __init__(self):
        Leaver.count += 1
        self.said = self.call("POST", "/auth/wechat", {"code": f"dev:leaver-{Leaver.count}"})


ME = None if ROLE == "none" else Account(ROLE)


@schemathesis.auth()
class Caller:
    """The one sign-in of the run; whoever signs out or leaves does so with a sign-in, or an account, of
    its own, or every later call would only see 401."""

    def get(self, case, ctx):
        return ME

    def set(self, case, data, ctx):
        if data is not None:
            operation = case.operation.definition.raw.get("operationId")
            own = {"sign_out": lambda: Account(ROLE), "leave": Leaver}.get(operation, lambda: data)
            case.headers = case.headers or {}
            case.headers.update(own().headers())


def furnish():
    """What the demonstration doesn't have yet, at the centre of its carer and manager."""
    family, desk = Account("guardian"), Account("manager")
    centre = desk.call("GET", "/desk/centre")["id"]
    for visit in (visit for booking in family.call("GET", "/bookings")["items"] for visit in booking["visits"]):
        try:
            family.call("POST", "/ratings", {"visit_id": visit["id"], "level": 4})
            break
        except RuntimeError:
            continue
    version = family.call("GET", "/consents")["items"][0]["version"]
    child = family.call("POST", "/me/children", {
        "name": "小满", "birth_date": "2024-08-20", "township": "洛阳镇",
        "consent": {"version": version, "purposes": ["booking", "ratings", "location"]},
    })["id"]
    for wish in (
        {"care_type": "temporary", "start_date": "2026-03-02"},
        {"care_type": "full_day", "start_date": "2026-03-03", "end_date": "2026-03-06"},
        {"care_type": "hourly", "start_date": "2026-03-09", "from": "09:00", "to": "11:00"},
    ):
        family.call("POST", "/bookings", {"child_id": child, "centre_id": centre, **wish})
    campaign = family.call("GET", "/campaigns")["items"][0]["id"]
    voucher = family.call("POST", f"/campaigns/{campaign}/vouchers", {"child_id": child})["id"]
    code = family.call("GET", f"/vouchers/{voucher}/code")["code"]
    desk.call("POST", "/desk/redemptions", {"code": code, "request_id": "schemathesis-1"})
    family.call("POST", "/me/pickup-persons", {"name": "林秀英", "relation": "外婆"})
    family.call("POST", "/me/ties", {"centre_id": centre, "tie": "relative"})
    family.call("POST", "/complaints", {"centre_id": centre, "text": "没有户外活动"})
    NAMED["token"] = [family.call("POST", "/me/calendar")["url"].rsplit("/", 1)[1]]


# Real ids by prefix, the visits of a booking, and good values of path parameters that are no ids.
POOLS, VISITS = {}, {}
NAMED = {"date": ["2026-03-10", "2026-04-01"], "valid_from": ["2026-03-16", "2026-04-06"]}
# Whoever may read them and finds none would test nothing.
NEEDED = {
    "guardian": "bkg chd cmp cpl ctr pup rtg tie vch vis",
    "carer": "bkg chd cls rdm vis",
    "manager": "bkg chd cls rdm rta vis",
    "officer": "cmp cpl ctr fru rdm stf vch",
    "admin": "cmp cpl ctr fru rdm stf vch",
    "none": "cmp ctr",
}


@schemathesis.hook
def before_load_schema(ctx, document):
    """Reads all that this role reads in its lists, and in what they lead to."""
    furnish()
    found = {}

    def read(path):
        answer = http.get(SERVER + path, headers=ME.headers() if ME else {}, timeout=30)
        ids = set()
        if answer.ok and answer.headers.get("Content-Type", "").startswith("application/json"):
            ids = set(ID.findall(answer.text))
        for one in ids:
            found.setdefault(one[:3], set()).add(one)
        return ids

    def mine(path):
        operation = document["paths"][path].get("get")
        who = operation and roles(path, operation)
        return operation and path.startswith("/api/v1/") and (who is None or ROLE in who)

    paths = [path for path in document["paths"] if mine(path)]
    for path in paths:
        if "{" not in path:
            read(path)
    for path in paths:
        if path.count("{") == 1 and path.endswith("/{id}"):
            for one in sorted(found.get(prefix(document, path), ()))[:20]:
                ids = read(path.replace("{id}", one))
                if one.startswith("bkg_"):
                    VISITS[one] = sorted(i for i in ids if i.startswith("vis_"))
    if ME:
        # Whoever closes or signs out itself ends the run's sign-in.
        found.get("stf", set()).discard(ME.said["user"]["id"])
    # The newest first: what was furnished above can still change.
    POOLS.update({prefix: sorted(ids, reverse=True)[:12] for prefix, ids in found.items()})
    missing = [prefix for prefix in NEEDED[ROLE].split() if not POOLS.get(prefix)]
    if missing:
        raise RuntimeError(f"as {ROLE} no ids were found that begin with {missing}; there are {sorted(POOLS)}")


def prefix(document, path):
    for parameter in document["paths"][path]["get"].get("parameters", []):
        if parameter["in"] == "path":
            schema = parameter["schema"]
            if "$ref" in schema:
                schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
            return schema.get("pattern", "")[1:4]
    return ""


TURNS = {}


def next_of(pool, where, value):
    """The next of a pool at each call, three times of four; else what was there."""
    turn = TURNS[where] = TURNS.get(where, 0) + 1
    return value if turn % 4 == 0 else pool[(turn - turn // 4 - 1) % len(pool)]


def real(value, where):
    """A well-formed id becomes a real one of its kind; all else stays."""
    if isinstance(value, str) and ID.fullmatch(value) and POOLS.get(value[:3]):
        if ME and value == ME.said["user"]["id"]:
            # Learnt from an answer; see `before_load_schema`.
            return POOLS[value[:3]][0]
        return next_of(POOLS[value[:3]], where, value)
    if isinstance(value, list):
        return [real(one, where) for one in value]
    if isinstance(value, dict):
        return {key: real(one, f"{where} {key}") for key, one in value.items()}
    return value


@schemathesis.hook
def before_call(ctx, case, kwargs):
    where = case.operation.label
    for part in ("path_parameters", "query", "body"):
        value = getattr(case, part)
        if isinstance(value, dict) and value:
            setattr(case, part, real(dict(value), where))
    path = case.path_parameters
    if path:
        for name, pool in NAMED.items():
            if name in path and re.fullmatch(r"[\w.-]+", str(path[name])):
                path[name] = next_of(pool, f"{where} {name}", path[name])
        visits = VISITS.get(path.get("id"))
        if visits and ID.fullmatch(str(path.get("visit_id", ""))):
            path["visit_id"] = next_of(visits, f"{where} visit", path["visit_id"])


@schemathesis.hook
def filter_failure(ctx, failure, case, response):
    """An empty value in a query means the same as none, whatever its schema: forms send them."""
    empty = isinstance(case.query, dict) and "" in case.query.values()
    return not (type(failure).__name__ == "AcceptedNegativeData" and empty)


@schemathesis.deserializer("image/png", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
def binary(ctx, response):
    """Pictures and sheets are bytes to the document; here they must at least begin like themselves."""
    begins = b"\x89PNG\r\n\x1a\n" if "png" in response.headers["content-type"][0] else b"PK\x03\x04"
    if not response.content.startswith(begins):
        raise ValueError("not what its Content-Type says")
    return response.content.decode("latin-1")


@schemathesis.serializer("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
def table(ctx, value):
    """Tables to import are bytes to the document."""
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else repr(value)).encode("utf-8", "replace")
