# shellcheck shell=bash
# Sourced by bin/test and bin/demo from the repository's root. `setup LOCK` makes .venv hold
# what LOCK pins, plus Uz itself; where it cannot, it says why and exits with 2.

assume_yes=${assume_yes:-no}
venv=.venv

step() { printf '== %s\n' "$*"; }

# fail WHAT [NEXT...]: what went wrong, then one line for each thing to do next.
fail() {
  printf '\n%s: %s\n' "${0##*/}" "$1" >&2
  shift
  [ $# -eq 0 ] || printf '  %s\n' "$@" >&2
  exit 2
}

# as_root WHY COMMAND...: as root at once, otherwise by sudo and only after a yes.
as_root() {
  local why=$1 answer
  shift
  step "$why: $*"
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
    return
  fi
  command -v sudo >/dev/null || fail "this needs root, and there is no sudo" "as root, run: $*"
  if [ "$assume_yes" != yes ]; then
    [ -t 0 ] || fail "this needs root, and nobody is there to ask" \
      "run it yourself: sudo $*" "or allow it beforehand: ${0##*/} --yes"
    read -r -p "Run it with sudo? [y/N] " answer
    [[ $answer == [yY]* ]] || fail "not without your yes" "run it yourself: sudo $*"
  fi
  sudo "$@"
}

# The system's Python first: the servers' own user can read it, and not one in somebody's home.
find_python() {
  local candidate
  for candidate in /usr/bin/python3 python3 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  fail "no Python 3.11 or newer found" "on Debian 12 or later: apt-get install python3 python3-venv"
}

# Debian keeps the half of venv that installs pip in a package of its own.
require_venv() {
  if "$1" -c 'import ensurepip, venv' 2>/dev/null; then return; fi
  command -v apt-get >/dev/null || fail "$1 cannot make virtual environments" \
    "install its venv and ensurepip modules, then run this again"
  as_root "fetch Debian's package lists" apt-get -qq update
  as_root "let Python make virtual environments" apt-get -qq -y install python3-venv
  "$1" -c 'import ensurepip, venv' 2>/dev/null || fail "$1 still cannot make virtual environments"
}

# A new .venv, unless the one that is there was made at this place by this version of Python.
make_venv() {
  local python
  if [ "$(place 2>/dev/null)" = "$(cat "$venv/place" 2>/dev/null)" ]; then return; fi
  python=$(find_python)
  require_venv "$python"
  step "make $venv with $python"
  "$python" -m venv --clear "$venv" || fail "could not make $PWD/$venv" "remove it, then try again"
  place >"$venv/place"
}

place() { pwd && "$venv/bin/python" --version; }

install() {
  "$venv/bin/python" -m pip --disable-pip-version-check --retries 2 --quiet install "$@" \
    >>"$venv/setup.log" 2>&1 && return
  fail "pip could not install what Uz needs; it said:" "$(tail -n 6 "$venv/setup.log")" "" \
    "all it said: $venv/setup.log" \
    "no network? pip takes a proxy from HTTPS_PROXY and a mirror from PIP_INDEX_URL"
}

setup() {
  local lock=$1 writable
  local stamp=$venv/$lock.sha256
  umask 022 # the servers' own user reads .venv
  [ -e "$venv" ] && writable=$venv || writable=.
  [ -w "$writable" ] || fail "$(id -un) may not write to $PWD/$writable" "run it as its owner"
  make_venv
  if sha256sum --check --status "$stamp" 2>/dev/null; then return; fi
  step "install $lock"
  : >"$venv/setup.log"
  install --require-hashes --only-binary :all: --requirement "$lock"
  install --no-deps --no-build-isolation --editable .
  sha256sum "$lock" pyproject.toml >"$stamp"
}
