-- The most frequent paths, from their first activity on.
-- include events
-- include unnamed
-- include paths
-- param length: positive = 5 — so many activities of each path count; what comes after is … in it
-- param repeats: word = keep (keep, merge) — whether the same activity twice in a row is one
-- param limit: count = 20 — at most so many paths
-- column path: word — the activities, in order
-- column n: count — cases that went so
-- column customers: count — their customers
-- column share: share — of all cases
-- column median_s: seconds — from the first of these activities to the last, the median
WITH
    told AS (
        SELECT
            who,
            if(
                {repeats:String} = 'merge',
                arrayFilter((n, before) -> code_of(n) != code_of(before), c.numbers, arrayPushFront(arrayPopBack(c.numbers), bitNot(c.numbers[1]))),
                c.numbers
            ) AS each,
            length(each) > {length:UInt32} AS is_longer,
            arraySlice(each, 1, {length:UInt32}) AS first_ones
        FROM cases AS c
    ),
    -- Six codes and whether there is more fit into one number, and these are put together four times faster.
    -- What cannot be among so many needs no text; of equals all are kept, as their texts put them in order.
    most AS (
        SELECT
            if({length:UInt32} <= 6, arraySum((n, k) -> bitShiftLeft(toUInt64(code_of(n) + 1), 10 * k - 9), first_ones, arrayEnumerate(first_ones)) + is_longer, 0) AS packed,
            if({length:UInt32} <= 6, CAST([], 'Array(UInt16)'), arrayPushBack(arrayMap(n -> code_of(n), first_ones), is_longer)) AS listed,
            count() AS n,
            if({cases:String} = 'customer', n, uniqExact(who)) AS customers,
            n / sum(n) OVER () AS share,
            quantileExactInclusive(0.5)((time_of(first_ones[-1]) - time_of(first_ones[1])) / 1e6) AS median_s
        FROM told
        GROUP BY packed, listed
        ORDER BY n DESC
        LIMIT {limit:UInt32} WITH TIES
    ),
    unpacked AS (
        SELECT
            *,
            if(
                {length:UInt32} <= 6,
                arrayFilter(code -> code >= 0, arrayMap(k -> toInt32(bitAnd(bitShiftRight(packed, 10 * k - 9), 1023)) - 1, range(1, 7))),
                arrayMap(code -> toInt32(code), arrayPopBack(listed))
            ) AS codes,
            if({length:UInt32} <= 6, bitAnd(packed, 1), listed[-1]) = 1 AS is_longer
        FROM most
    )
SELECT
    concat(
        arrayStringConcat(arrayMap(code -> names[code + 1], codes), ' > '),
        if(is_longer, ' > …', '')
    ) AS path,
    n,
    customers,
    share,
    median_s
FROM unpacked
ORDER BY n DESC, path
LIMIT {limit:UInt32}
