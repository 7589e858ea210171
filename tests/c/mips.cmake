# SPDX-License-Identifier: MIT
#
# Toolchain of the preset mips: MIPS in QEMU, where the first byte of a number is its highest, and unaligned access faults.
# Debian packages: clang binutils-mips-linux-gnu libc6-dev-mips-cross libgcc-12-dev-mips-cross qemu-user.
# (gcc-mips-linux-gnu would do, but cannot be installed beside gcc-multilib.)
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR mips)
set(CMAKE_C_COMPILER clang)
set(CMAKE_C_COMPILER_TARGET mips-linux-gnu)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-mips)
