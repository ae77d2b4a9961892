#!/bin/sh
# Runs uv: the one on PATH, or one that is installed into .tools of the checkout first. Needs no root.
set -eu
cd "$(dirname "$0")/.."
tools=$PWD/.tools/uv

# A Python that uv has to fetch belongs to the checkout too.
: "${UV_PYTHON_INSTALL_DIR:=$PWD/.tools/python}"
export UV_PYTHON_INSTALL_DIR PIP_ROOT_USER_ACTION=ignore

say() { printf '%s\n' "$*" >&2; }

# Version managers put shims on PATH that fail when called, so calling is the test.
works() { "$1" --version >/dev/null 2>&1; }

# Distributions without ensurepip refuse the first way; pip, where there is one, then does without an environment.
fetch() {
    rm -rf "$tools"
    python3 -m venv "$tools" >/dev/null 2>&1 &&
        "$tools/bin/python" -m pip install --quiet --require-hashes -r requirements-uv.lock && return
    rm -rf "$tools"
    python3 -m pip --version >/dev/null 2>&1 &&
        python3 -m pip install --quiet --require-hashes -r requirements-uv.lock --target "$tools"
}

on_debian_as_root() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

debian_python() {
    say "Installing python3-venv with apt-get, to fetch uv."
    apt-get install -y -qq --no-install-recommends python3-venv >/dev/null 2>&1 || {
        apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
    }
}

if works uv; then
    exec uv "$@"
fi
if ! works "$tools/bin/uv"; then
    say "No uv on PATH: installing it into .tools/uv."
    fetch || { on_debian_as_root && debian_python && fetch; } || {
        say "padviewer sets itself up with uv, which could not be fetched. Install uv, or Python's venv and pip:"
        say "sudo apt-get install -y python3-venv"
        exit 1
    }
fi
exec "$tools/bin/uv" "$@"
