# Builds what is missing, then starts a program of the lab. For bash, to be sourced by a verb:
#   launch VERB MAIN-CLASS ARGUMENTS
# Its messages begin with the verb's name, on standard error, so that a verb's output is its own.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
stamp="$root/target/lab.built"
classpath="$root/scripts/lab/target/classpath"

fail() {
  echo "scripts/$verb: $*" >&2
  exit 2
}

find_java() {
  if [ -n "${JAVA_HOME:-}" ] && [ -x "$JAVA_HOME/bin/java" ]; then
    java="$JAVA_HOME/bin/java"
  else
    java="$(command -v java)" || fail "no Java found; install a JDK 17 or newer, or set JAVA_HOME"
  fi
}

# Whether every jar of the class path and the release is there, and newer than what it is made of.
built() {
  [ -f "$stamp" ] && [ -f "$classpath" ] && [ -d "$root/scripts/lab/target/classes" ] || return 1
  compgen -G "$root/sync-service/target/dist/crossfade-*/bin/crossfade" > /dev/null || return 1
  local changed
  changed="$(find "$root/pom.xml" "$root"/{schemas,connectors,sync-service,scripts/lab}/pom.xml \
    "$root"/{schemas,connectors,sync-service,scripts/lab}/src/main "$root/sync-service/src/dist" \
    -newer "$stamp" -type f -print -quit 2> /dev/null)"
  [ -z "$changed" ]
}

find_mvn() {
  if command -v mvn > /dev/null 2>&1; then
    echo mvn
  elif [ -x "$root/mvnw" ]; then
    echo "$root/mvnw"
  else
    fail "no Maven found; install Maven 3.8 or newer"
  fi
}

build() {
  local mvn log="$root/target/lab-build.log"
  mvn="$(find_mvn)"
  mkdir -p "$root/target"
  echo "$verb: building (the first time downloads what it needs; log: $log)" >&2
  touch "$stamp.begun"
  if ! "$mvn" -B -f "$root/pom.xml" -Dmaven.test.skip=true -Dspotless.check.skip=true package 2>&1 | tee "$log" \
    | awk -v verb="$verb" '/Building Crossfade|Building crossfade/ { sub(/^\[INFO\] /, ""); print verb ":   " $0; fflush() }' >&2; then
    tail -n 40 "$log" >&2
    fail "the build failed; see $log"
  fi
  mv "$stamp.begun" "$stamp"
}

launch() {
  verb="$1"
  local main="$2"
  shift 2
  find_java
  built || build
  exec "$java" -Xmx512m -XX:+UseSerialGC -Dcrossfade.root="$root" \
    -Dlogback.configurationFile=dev/crossfade/lab/demo-logback.xml \
    -cp "$root/scripts/lab/target/classes:$(cat "$classpath")" "$main" "$@"
}
