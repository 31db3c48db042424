# Sourced, not run: a private Valhalla for the suite and the benchmark, on the small map of
# tests/valhalla/street_map.py.
#
#   start_valhalla    exports TEST_VALHALLA_URL; stop_all (tests/services.sh) stops it
#
# A URL that is set already is used as it is; it must serve that map. The engine is the one of PyPI's
# pyvalhalla, kept below QXT_TOOLS (default: quanxiangtuo-tools in the user's cache folder).

. tests/services.sh

# The wheel is of CPython 3.12's, its programs need no Python.
VALHALLA_PIN="pyvalhalla==3.9.1"
VALHALLA_PYTHON="3.12"
VALHALLA_DIR=""

valhalla_find() {
  local folder="${QXT_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/quanxiangtuo-tools}/$VALHALLA_PIN"
  if [ ! -e "$folder/whole" ]; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || services_install python3 python3-venv || return 1
    mkdir -p "$folder" || return 1
    # A half-made one is made anew; two runs at once wait for each other.
    (
      flock 9 || exit 1
      [ -e "$folder/whole" ] && exit 0
      echo "installing $VALHALLA_PIN" >&2
      rm -rf "$folder/venv" "$folder/wheel" "$folder/engine"
      python3 -m venv "$folder/venv" &&
        timeout 300 "$folder/venv/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps \
          --python-version "$VALHALLA_PYTHON" --only-binary :all: -d "$folder/wheel" "$VALHALLA_PIN" >&2 &&
        python3 -m zipfile -e "$folder"/wheel/*.whl "$folder/engine" &&
        chmod +x "$folder"/engine/valhalla/bin/* &&
        rm -rf "$folder/venv" "$folder/wheel" &&
        touch "$folder/whole"
    ) 9>"$folder/lock" || services_fail "can't install $VALHALLA_PIN from PyPI" || return 1
  fi
  VALHALLA_DIR="$folder/engine/valhalla"
}

valhalla_answers() { # port
  local status
  exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
  printf 'GET /status HTTP/1.0\r\n\r\n' >&3
  read -r -t 5 status <&3
  exec 3<&- 3>&-
  [[ $status == HTTP/*\ 200\ * ]]
}

start_valhalla() {
  if [ -n "${TEST_VALHALLA_URL:-}" ]; then
    export TEST_VALHALLA_URL
    return 0
  fi
  valhalla_find && services_folder || return 1
  local here="$SERVICES_DIR/valhalla" port
  mkdir -p "$here" && python3 tests/valhalla/street_map.py "$here/map.osm.pbf" || return 1
  for _ in 1 2 3; do
    port=$(services_free_port) || return 1
    python3 "$VALHALLA_DIR/valhalla_build_config.py" --mjolnir-tile-dir "$here/tiles" --mjolnir-tile-extract "" \
      --mjolnir-admin "" --mjolnir-timezone "" --httpd-service-listen "tcp://127.0.0.1:$port" \
      >"$here/config.json" || return 1
    if [ ! -e "$here/built" ]; then
      "$VALHALLA_DIR/bin/valhalla_build_tiles" -c "$here/config.json" "$here/map.osm.pbf" >"$here/build.log" 2>&1 &&
        touch "$here/built" || { cat "$here/build.log" >&2; services_fail "the map can't be built"; return 1; }
    fi
    "$VALHALLA_DIR/bin/valhalla_service" "$here/config.json" 1 >"$here/service.log" 2>&1 &
    SERVICES_VALHALLA_PID=$!
    for _ in $(seq 100); do
      kill -0 "$SERVICES_VALHALLA_PID" 2>/dev/null || break
      if valhalla_answers "$port" 2>/dev/null; then
        export TEST_VALHALLA_URL="http://127.0.0.1:$port"
        return 0
      fi
      sleep 0.1
    done
    kill -KILL "$SERVICES_VALHALLA_PID" 2>/dev/null
    SERVICES_VALHALLA_PID=""
  done
  cat "$here/service.log" >&2
  services_fail "Valhalla doesn't start"
}
