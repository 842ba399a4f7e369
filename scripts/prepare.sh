# Sourced by the other scripts: makes .venv with the locked packages, and says what it does.
# shellcheck shell=bash
set -euo pipefail
export PYTHONDONTWRITEBYTECODE=  # a server that finds its modules compiled starts sooner
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
die() { printf '\033[31m==> %s\033[0m\n' "$*" >&2; exit 1; }

# apt_install PACKAGE…: install Debian packages where we may, otherwise say the exact command.
apt_install() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local sudo=""
  [ "$(id -u)" -eq 0 ] || sudo="sudo -n"
  if command -v apt-get >/dev/null && { [ -z "$sudo" ] || $sudo true 2>/dev/null; }; then
    say "Installing ${missing[*]} (apt)"
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
      { $sudo apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; } ||
      return 1
  else
    printf 'Please run:  sudo apt-get install %s\n' "${missing[*]}" >&2
    return 1
  fi
}

find_python() {
  local name
  for name in python3 python3.13 python3.12 python3.11; do
    if command -v "$name" >/dev/null && "$name" -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null; then
      echo "$name"
      return
    fi
  done
  return 1
}

# prepare LOCK…: an environment that holds exactly what the lock files name.
prepare() {
  local python wanted
  python=$(find_python) || { apt_install python3 && python=$(find_python); } ||
    die "Python 3.11 or newer is needed:  sudo apt-get install python3"
  if [ ! -x .venv/bin/python ]; then
    say "Making the virtual environment .venv with $($python --version)"
    "$python" -c 'import ensurepip' 2>/dev/null || apt_install python3-venv ||
      die "The module venv is needed:  sudo apt-get install python3-venv"
    "$python" -m venv .venv
  fi
  wanted=$(cat "$@" pyproject.toml | sha256sum)
  if [ "$(cat .venv/.locked 2>/dev/null)" != "$wanted" ]; then
    say "Installing the locked packages (about a minute)"
    local arguments=() lock
    for lock in "$@"; do arguments+=(-r "$lock"); done
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes "${arguments[@]}"
    .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
    echo "$wanted" > .venv/.locked
  fi
}
