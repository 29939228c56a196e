-- Events as numbers that sort by time and the source's order.
    -- An event as one number, as tuples with texts sort three times slower: 54 bits of time, 64 of the
    -- source's order, 10 for a code of what happened.
    (at, sequence, code) -> toUInt128(toUnixTimestamp64Micro(at) + 2251799813685248) * toUInt128('18889465931478580854784')
        + toUInt128(bitXor(reinterpretAsUInt64(sequence), 9223372036854775808)) * 1024 + code AS numbered,
    number -> toInt64(bitShiftRight(number, 74)) - 2251799813685248 AS time_of,
    number -> toUInt16(bitAnd(toUInt64(bitAnd(number, toUInt128(1023))), 1023)) AS code_of
