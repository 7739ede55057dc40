# SPDX-License-Identifier: BSD-2-Clause
# Copyright 2026 The Rump Stubdom Authors
#
# From "nm -n KERNEL": the table that symbols.c looks into, as assembly. Functions only; offsets are from the
# first symbol's address, kernel_start_address. Addresses are compared as text: they all have 16 digits.
$3 == "kernel_start_address" { base = $1 }
$2 ~ /^[tT]$/ && $3 !~ /^kernel_/ {
    name[n] = $3
    address[n++] = $1
}
END {
    print "    .section .symbols, \"a\", @progbits"
    print "    .globl symbol_table, symbol_count, symbol_names"
    print "    .balign 8"
    print "symbol_table:"
    at = 0
    for (i = 0; i < n; i++) {
        printf "    .long 0x%s - 0x%s, %d\n", address[i], base, at
        at += length(name[i]) + 1
    }
    printf "symbol_count:\n    .long %d\nsymbol_names:\n", n
    for (i = 0; i < n; i++)
        printf "    .asciz \"%s\"\n", name[i]
    print "    .section .note.GNU-stack, \"\", @progbits"
}
