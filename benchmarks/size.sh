#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the codec takes of a microcontroller, for each target and option: bytes of code and constants (text), of static
# memory (none, or this fails), and of stack at the deepest of a decode, mqtt5_decode_head() and an encode. It compiles
# and links as firmware does, freestanding, without a warning, and without functions that are not called. It fails if
# anything but mem* and the compiler's own helpers is needed from outside.
#
#     benchmarks/size.sh [--check | --write] [-v]
#
# --check fails where a figure is more than in benchmarks/size.budget, --write writes that file, -v also prints what is
# needed from outside and which calls take the stack. mem*, the helpers and interrupts come on top of both figures.
#
# Debian packages: gcc-arm-none-eabi libnewlib-arm-none-eabi gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf python3
set -euo pipefail
cd "$(dirname "$0")/.."
build=build/size
budget=benchmarks/size.budget
options=(-std=c99 -Os -ffreestanding -ffunction-sections -fdata-sections -fcallgraph-info=su
    -pedantic -Wall -Wextra -Wconversion -Werror -Icsrc)
fail() { echo "benchmarks/size.sh: $*" >&2; exit 1; }

# name|compiler and options
targets=(
    "m0plus|arm-none-eabi-gcc -mthumb -mcpu=cortex-m0plus"
    "m3|arm-none-eabi-gcc -mthumb -mcpu=cortex-m3"
    "m4|arm-none-eabi-gcc -mthumb -mcpu=cortex-m4"
    "m33|arm-none-eabi-gcc -mthumb -mcpu=cortex-m33"
    "rv32imac|riscv64-unknown-elf-gcc --specs=picolibc.specs -march=rv32imac -mabi=ilp32"
    "rv64imac|riscv64-unknown-elf-gcc --specs=picolibc.specs -march=rv64imac -mabi=lp64 -mcmodel=medany"
)

# What few programs call; all other functions of mqtt5.h are in each configuration.
texts="mqtt5_strerror"
names="mqtt5_type_name mqtt5_reason_name"
reflection="mqtt5_reflect mqtt5_field_name"
components="mqtt5_check_will mqtt5_check_subscription"
helpers="mqtt5_encode_head mqtt5_fit mqtt5_foreign_protocol mqtt5_split_shared"
templates="mqtt5_template_init mqtt5_template_encode mqtt5_template_encode_head"
aliases="mqtt5_alias_init mqtt5_alias_apply mqtt5_alias_commit mqtt5_alias_resolve"
omitted="$texts $names $reflection $components $helpers $templates $aliases"
functions=$(sed -n 's/^MQTT5_API.*[ *]\(mqtt5_[a-z0-9_]*\)(.*/\1/p' csrc/mqtt5.h)

# name|options|functions that the program calls too
configurations=(
    "codec||"
    "client|-DMQTT5_CLIENT_ONLY|"
    "broker|-DMQTT5_BROKER_ONLY|"
    "codec+strerror||$texts"
    "codec+reflect||$texts $reflection"
    "codec+template||$templates"
    "codec+alias||$aliases"
    "all||$omitted"
)

# What may be needed from outside. For the helpers, see "Routines for integer arithmetic" in GCC's internals manual.
allowed='^(memcpy|memmove|memset|memcmp|__aeabi_[a-z0-9_]+|__gnu_thumb1_case_[a-z]+|__(ctz|clz|ffs|popcount)[sd]i2|__(ashl|lshr|ashr|mul|u?div|u?mod)[sd]i3|__riscv_(save|restore)_[0-9]+)$'

# Compiles to .o and .ci, and links what the functions need to linked.elf; writes what is needed from outside, and the
# deepest stacks, to needed and stack.
compile() { # directory, options, added functions, compiler and its options
    local out=$1 extra=$2 added=$3 source name roots=() link=()
    shift 3
    for name; do [[ $name == --specs=* ]] || link+=("$name"); done # no linker script: this links no program
    rm -rf "$out"
    mkdir -p "$out"
    for source in csrc/*.c; do
        # shellcheck disable=SC2086 # options are words
        "$@" "${options[@]}" $extra -c "$source" -o "$out/$(basename "$source" .c).o"
    done
    for name in $functions; do
        [[ " $omitted " == *" $name "* && " $added " != *" $name "* ]] || roots+=("-Wl,-u,$name")
    done
    "${link[@]}" -nostdlib -r -Wl,--gc-sections "${roots[@]}" "$out"/*.o -o "$out/linked.elf"
    "${1%gcc}nm" --undefined-only "$out"/*.o | awk 'NF == 2 {print $2}' | sort -u >"$out/undefined"
    "${1%gcc}nm" --defined-only "$out"/*.o | awk 'NF == 3 {print $3}' | sort -u >"$out/defined"
    comm -23 "$out/undefined" "$out/defined" >"$out/needed"
    ! grep -Ev "$allowed" "$out/needed" || fail "$out needs this from outside"
    python3 benchmarks/call_graph.py mqtt5_decode mqtt5_decode_head mqtt5_encode -- "$out"/*.ci >"$out/stack"
}

# Prints text, data, bss, and the stack of each function.
figures() { # directory, compiler
    "${2%gcc}size" "$1/linked.elf" | awk 'END {printf "%s %s %s ", $1, $2, $3}'
    awk '{printf "%s ", $2}' "$1/stack"
}

mode=""
verbose=""
for argument; do
    case $argument in
        --check | --write) mode=$argument ;;
        -v) verbose=yes ;;
        *) fail "usage: benchmarks/size.sh [--check | --write] [-v]" ;;
    esac
done

format='%-10s %-15s %7s %5s %4s %7s %7s %7s\n'
columns=(text data bss decode head encode)
rows=("# target, option, ${columns[*]}: bytes, at most. benchmarks/size.sh --write writes this file.")
over=""
# shellcheck disable=SC2059
printf "$format" target option "${columns[@]}"
for target in "${targets[@]}"; do
    IFS='|' read -r name command <<<"$target"
    read -ra compiler <<<"$command"
    command -v "${compiler[0]}" >/dev/null || fail "${compiler[0]} is not installed; the packages are named in this script"
    for configuration in "${configurations[@]}"; do
        IFS='|' read -r what extra added <<<"$configuration"
        out=$build/$name-$what
        compile "$out" "$extra" "$added" "${compiler[@]}"
        read -ra measured < <(figures "$out" "${compiler[0]}"; echo)
        [ ${#measured[@]} -eq ${#columns[@]} ] || fail "$out: not all could be measured"
        # shellcheck disable=SC2059
        printf "$format" "$name" "$what" "${measured[@]}"
        [ -z "$verbose" ] || sed 's/^/    /' "$out/needed" "$out/stack"
        [ "${measured[1]} ${measured[2]}" = "0 0" ] || fail "$out: static memory, of which there must be none"
        rows+=("$name $what ${measured[*]}")
        [ "$mode" = --check ] || continue
        read -ra most < <(awk -v name="$name" -v what="$what" '$1 == name && $2 == what {print $3, $4, $5, $6, $7, $8}' "$budget"; echo)
        [ ${#most[@]} -eq ${#columns[@]} ] || fail "$name $what is not in $budget; --write adds it"
        for i in "${!columns[@]}"; do
            [ "${measured[$i]}" -le "${most[$i]}" ] || over+="  $name $what: ${columns[$i]} ${measured[$i]}, budget ${most[$i]}"$'\n'
        done
    done
done
[ "$mode" != --write ] || printf '%s\n' "${rows[@]}" >"$budget"
if [ -n "$over" ]; then
    printf 'benchmarks/size.sh: more than in %s:\n%s' "$budget" "$over" >&2
    exit 1
fi
