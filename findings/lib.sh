# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by every script: a temporary folder in $work that is removed at the end, and its packages.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 NODE_PATH="$work/node_modules"
python=python3

# Fails unless the Debian package that has the program is installed.
need() { # program, Debian package
    command -v "$1" >/dev/null || PATH="$PATH:/usr/sbin" command -v "$1" >/dev/null || {
        echo "needs the Debian package $2" >&2
        exit 2
    }
}

debian() { # package: prints its installed version
    dpkg-query -W -f '${Package} ${Version}\n' "$1" 2>/dev/null || true
}

pip_install() { # requirements
    python3 -m venv v
    timeout 300 v/bin/pip --disable-pip-version-check install -q "$@"
    python="$work/v/bin/python"
    echo "Python packages: $*"
}

npm_install() { # packages
    timeout 300 npm install --silent --no-audit --no-fund --prefix "$work" "$@" >/dev/null
    echo "npm packages: $*"
}

run() { # reads a Python script from its input
    cat >script.py
    timeout "${1:-60}" "$python" script.py
}
