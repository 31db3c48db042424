# Sourced, not run: private PostgreSQL and Redis for the suite and the benchmark.
#
#   start_postgres    exports TEST_DATABASE_URL (postgres://…/postgres, a superuser of a private server)
#   start_redis       exports TEST_REDIS_URL
#   stop_all          stops what was started and removes its folder; call it from a trap on EXIT
#
# A URL that is set already is used as it is: nothing is installed or started for it.

SERVICES_DIR=""
SERVICES_PG_BIN=""
SERVICES_PG_DATA=""
SERVICES_REDIS_PID=""
SERVICES_VALHALLA_PID=""

services_fail() {
  echo "error: $*" >&2
  return 1
}

# A command as root, or with sudo where that works without asking.
services_as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

services_install() {
  command -v apt-get >/dev/null ||
    services_fail "$* is missing and there is no apt-get here: install it, or set TEST_DATABASE_URL and TEST_REDIS_URL" || return 1
  echo "installing $*" >&2
  services_as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" >&2 ||
    { services_as_root apt-get -o DPkg::Lock::Timeout=300 update >&2 &&
      services_as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" >&2; } ||
    services_fail "can't install $*: set TEST_DATABASE_URL and TEST_REDIS_URL to use instances of your own"
}

services_folder() {
  if [ -z "$SERVICES_DIR" ]; then
    SERVICES_DIR=$(mktemp -d /tmp/qxt-services.XXXXXX) || return 1
    chmod 755 "$SERVICES_DIR"
  fi
}

# A port that nothing listens on, from 20000 up to where the system's own ephemeral ports begin.
services_free_port() {
  local port
  for _ in $(seq 100); do
    port=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return 0
    fi
  done
  services_fail "no free port found"
}

# PostgreSQL refuses to run as root: then it runs as the user `postgres`.
services_as_postgres() {
  if [ "$(id -u)" = 0 ]; then
    (cd "$SERVICES_PG_DATA" && runuser -u postgres -- "$@")
  else
    "$@"
  fi
}

services_find_postgres() {
  local bin
  for bin in /usr/lib/postgresql/15/bin $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV); do
    if [ -x "$bin/initdb" ] && [ -x "$bin/pg_ctl" ]; then
      SERVICES_PG_BIN=$bin
      return 0
    fi
  done
  if command -v initdb >/dev/null && command -v pg_ctl >/dev/null; then
    SERVICES_PG_BIN=$(dirname "$(command -v initdb)")
    return 0
  fi
  return 1
}

# start_postgres [safe]: without `safe` a crash may lose data, which no test minds; with it (for
# benchmarks) commits are as durable as by default.
start_postgres() {
  if [ -n "${TEST_DATABASE_URL:-}" ]; then
    export TEST_DATABASE_URL
    return 0
  fi
  services_find_postgres || { services_install postgresql-15 && services_find_postgres; } || return 1
  services_folder || return 1
  SERVICES_PG_DATA="$SERVICES_DIR/postgres"
  mkdir -p "$SERVICES_PG_DATA" && chmod 700 "$SERVICES_PG_DATA" || return 1
  if [ "$(id -u)" = 0 ]; then chown postgres "$SERVICES_PG_DATA" || return 1; fi
  local port durability="-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
  [ "${1:-}" = safe ] && durability=""
  services_as_postgres "$SERVICES_PG_BIN/initdb" -D "$SERVICES_PG_DATA/data" -U postgres --auth=trust \
    --encoding=UTF8 --locale=C --no-sync >"$SERVICES_DIR/initdb.log" 2>&1 ||
    { cat "$SERVICES_DIR/initdb.log" >&2; return 1; }
  for _ in 1 2 3; do
    port=$(services_free_port) || return 1
    if services_as_postgres "$SERVICES_PG_BIN/pg_ctl" -D "$SERVICES_PG_DATA/data" -w -t 60 \
      -l "$SERVICES_PG_DATA/server.log" -o "-p $port -c listen_addresses=127.0.0.1 \
      -c unix_socket_directories=$SERVICES_PG_DATA -c max_connections=500 -c shared_buffers=128MB $durability" \
      start >/dev/null; then
      export TEST_DATABASE_URL="postgres://postgres@127.0.0.1:$port/postgres"
      return 0
    fi
  done
  cat "$SERVICES_PG_DATA/server.log" >&2
  services_fail "PostgreSQL doesn't start"
}

start_redis() {
  if [ -n "${TEST_REDIS_URL:-}" ]; then
    export TEST_REDIS_URL
    return 0
  fi
  command -v redis-server >/dev/null || services_install redis-server || return 1
  services_folder || return 1
  local port
  for _ in 1 2 3; do
    port=$(services_free_port) || return 1
    redis-server --save "" --appendonly no --bind 127.0.0.1 --port "$port" --dir "$SERVICES_DIR" \
      >"$SERVICES_DIR/redis.log" 2>&1 &
    SERVICES_REDIS_PID=$!
    for _ in $(seq 100); do
      kill -0 "$SERVICES_REDIS_PID" 2>/dev/null || break
      if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        export TEST_REDIS_URL="redis://127.0.0.1:$port/0"
        return 0
      fi
      sleep 0.1
    done
  done
  cat "$SERVICES_DIR/redis.log" >&2
  services_fail "Redis doesn't start"
}

stop_all() {
  if [ -n "$SERVICES_VALHALLA_PID" ]; then
    # It holds nothing, and would take half a minute to end by itself.
    kill -KILL "$SERVICES_VALHALLA_PID" 2>/dev/null
    wait "$SERVICES_VALHALLA_PID" 2>/dev/null
    SERVICES_VALHALLA_PID=""
  fi
  if [ -n "$SERVICES_REDIS_PID" ]; then
    kill "$SERVICES_REDIS_PID" 2>/dev/null
    wait "$SERVICES_REDIS_PID" 2>/dev/null
    SERVICES_REDIS_PID=""
  fi
  if [ -n "$SERVICES_PG_DATA" ] && [ -e "$SERVICES_PG_DATA/data/postmaster.pid" ]; then
    services_as_postgres "$SERVICES_PG_BIN/pg_ctl" -D "$SERVICES_PG_DATA/data" -m immediate -w stop >/dev/null 2>&1
  fi
  if [ -n "$SERVICES_DIR" ]; then
    rm -rf "$SERVICES_DIR"
    SERVICES_DIR=""
  fi
  return 0
}
