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
    steps_told AS (
        SELECT
            who,
            if({repeats:String} = 'merge', arrayFilter((s, b) -> s.2 != b, steps, arrayPushFront(arrayPopBack(steps.2), 65535)), steps) AS told
        FROM cases
    )
SELECT
    concat(
        arrayStringConcat(arrayMap(s -> names[s.2 + 1], arraySlice(told, 1, {length:UInt32})), ' > '),
        if(length(told) > {length:UInt32}, ' > …', '')
    ) AS path,
    count() AS n,
    uniqExact(who) AS customers,
    n / sum(n) OVER () AS share,
    quantileExactInclusive(0.5)(
        (told[least(length(told), {length:UInt32})].1 - told[1].1) / 1e6
    ) AS median_s
FROM steps_told
GROUP BY path
ORDER BY n DESC, path
LIMIT {limit:UInt32}
