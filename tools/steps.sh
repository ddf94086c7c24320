# shellcheck shell=bash
# Sourced by the tools: the repository's root, a line per step with the time so far, errors with their remedy.
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tool=$(basename "$0")
cd "$top" || exit

step() { printf '[%4d s] %s: %s\n' "$SECONDS" "$tool" "$*"; }

die() {
    printf '%s: %s\n' "$tool" "$*" >&2
    exit 1
}

# The comment at the head of a tool is its help.
help() { sed -n '2,/^[^#]/ { /^#/ { s/^# \{0,1\}//; p } }' "$0"; }

# The thread sanitizer of g++ 12 cannot run if the kernel randomises more than 28 bits of mapping addresses.
preset_runner() {
    local bits
    bits=$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 28)
    if [[ $1 = tsan* ]] && [ "$bits" -gt 28 ]; then
        setarch -R true 2>/dev/null || die "thread sanitizer does not run here: vm.mmap_rnd_bits is $bits and" \
            "setarch -R is forbidden; set vm.mmap_rnd_bits to 28 (sysctl), or leave tsan out"
        echo setarch -R
    fi
}

# build PRESET [TARGET…]
build() {
    local preset=$1 runner
    shift
    runner=$(preset_runner "$preset")
    step "configure (preset $preset)"
    cmake --preset "$preset" >"$(log_of "$preset" configure)" 2>&1 ||
        { cat "build/$preset.configure.log" >&2 && die "cmake --preset $preset failed, see above"; }
    grep -A 5 'CMake.*Warning' "build/$preset.configure.log" || true
    step "build (preset $preset)${*:+: $*}"
    $runner cmake --build --preset "$preset" --parallel "$(nproc)" ${@:+--target "$@"} ||
        die "the build of preset $preset failed, see above"
}

log_of() {
    mkdir -p build
    echo "build/$1.$2.log"
}
