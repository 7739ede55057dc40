# SPDX-License-Identifier: BSD-2-Clause
# Copyright 2026 The Rump Stubdom Authors
#
# From the linker's map: how large each room is, as assembly of a section that is not loaded. A line of it is
# "ROOM TEXT CONSTANTS DATA BSS", in bytes; `stubdom inspect` reads it. The room stands in the object's name, where
# meson writes _ for /; members of an archive go by the archive's name. Newer linkers keep equal strings once for all
# rooms and give all of them to the first: what that one had of its own is the size before relaxing.
function number(hex,    n, i) {
    n = 0
    for (i = 3; i <= length(hex); i++)
        n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
    return n
}
function room(object,    part) {
    if (sub(/\(.*/, "", object)) {
        sub(/.*\//, "", object)
        return object
    }
    sub(/.*\//, "", object)
    split(object, part, "_")
    if (part[1] != "rump-runtime")
        return part[1]
    return "rump-runtime/" part[2] (part[2] == "platform" ? "/" part[3] : "")
}
/^Linker script and memory map/ { map = 1 }
/^\.[a-z]/ { kind = $1 == ".text" ? 1 : $1 == ".rodata" ? 2 : $1 == ".data" ? 3 : $1 == ".bss" ? 4 : 0 }
map && kind && name != "" && /\(size before relaxing\)$/ && number($1) < last {
    size[name, kind] -= last - number($1)
}
{ name = "" }
map && kind && /^ / && $NF ~ /\.o\)?$/ && $(NF - 1) ~ /^0x/ && $(NF - 2) ~ /^0x/ {
    name = room($NF)
    if (!(name in seen)) {
        seen[name]
        order[rooms++] = name
    }
    size[name, kind] += last = number($(NF - 1))
}
END {
    print "    .section .rooms, \"\", @progbits"
    for (i = 0; i < rooms; i++) {
        printf "    .ascii \"%s", order[i]
        for (kind = 1; kind <= 4; kind++)
            printf " %d", size[order[i], kind]
        print "\\n\""
    }
    print "    .section .note.GNU-stack, \"\", @progbits"
}
