"""Who may call what; as a program: the arguments by which schemathesis leaves out what a role may not
call. That those operations answer 403, whatever they are asked, is held for every operation and role
by tests/it/trust; here they would only hide that a token is bad.

    python roles.py guardian http://127.0.0.1:8080/openapi.yaml
"""

import sys
import urllib.request


def roles(path, operation):
    """Who may call an operation; nothing for one that needs no sign-in, nobody for one of access keys."""
    if not operation.get("security"):
        return None
    if any("access_key" in scheme for scheme in operation["security"]):
        return []
    return operation["x-roles"]


def operations(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if isinstance(operation, dict) and "operationId" in operation:
                yield path, method, operation


def main(role, url):
    import yaml

    open_url = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
    document = yaml.load(open_url(url, timeout=30).read(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    for path, _, operation in operations(document):
        who = roles(path, operation)
        if role != "none" and who is not None and role not in who:
            print("--exclude-operation-id")
            print(operation["operationId"])


if __name__ == "__main__":
    main(*sys.argv[1:])
