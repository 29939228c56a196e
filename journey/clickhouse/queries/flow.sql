-- Where cases go, step by step, as a Sankey diagram draws it: from the beginning, from one step on, up to one, or between two.
-- include events
-- include paths
-- param from: step = — a path begins with a case's first of it; a | b is either; empty: with the case
-- param to: step = — and ends with the first of it after that; a | b is either; empty: with the case; cases without from or to are left out
-- param length: positive = 4 — so many steps of each path, at least 2: its first ones; its last ones where to is given and from is not
-- param repeats: word = keep (keep, merge) — whether the same step twice in a row is one
-- param shown: count = 0 — only the so many most frequent, from and to have a name, the rest is (rarer); 0: 1,022
-- param limit: count = 1000 — at most so many rows
-- column step: count — 1 for what goes from a path's first step to its second; -1 for what goes to its last, where they are counted from the end
-- column source: word — from; (began) where the case had nothing before
-- column target: word — to; (ended) where the case was over
-- column n: count — cases
-- column customers: count — their customers
-- column share: share — of the cases at this source and step
-- column share_of_all: share — of all cases whose path is drawn
WITH
    arrayMap(name -> trimBoth(name), splitByChar('|', concat({from:String}, '|', {to:String}))) AS asked,
    arrayMap(n -> toInt32(indexOf(activities, trimBoth(n))), splitByChar('|', {from:String})) AS firsts,
    arrayMap(n -> toInt32(indexOf(activities, trimBoth(n))), splitByChar('|', {to:String})) AS lasts,
    {from:String} = '' AND {to:String} != '' AS backwards,
    greatest({length:UInt32}, 2) AS most,
    told AS (
        SELECT
            who,
            if({repeats:String} = 'merge', arrayFilter((s, b) -> s.2 != b, steps, arrayPushFront(arrayPopBack(steps.2), 65535)), steps) AS each,
            arrayMap(s -> toInt32(s.2), each) AS codes
        FROM cases
    ),
    begun AS (
        SELECT
            who,
            if({from:String} = '', 1, arrayFirstIndex(c -> c > 0 AND has(firsts, c), codes)) AS start,
            arraySlice(codes, start) AS rest,
            if(
                {to:String} = '',
                length(rest),
                arrayFirstIndex((c, k) -> (backwards OR k > 1) AND c > 0 AND has(lasts, c), rest, arrayEnumerate(rest))
            ) AS stop
        FROM told
        WHERE start > 0 AND stop > 0
    ),
    drawn AS (
        SELECT
            who,
            arrayMap(
                c -> if({shown:UInt32} > 0 AND c > {shown:UInt32} AND NOT has(firsts, c) AND NOT has(lasts, c), 0, c),
                if(stop <= most, arraySlice(rest, 1, stop), if(backwards, arraySlice(rest, stop - most + 1, most), arraySlice(rest, 1, most)))
            ) AS path,
            multiIf(
                backwards AND stop < most, arrayPushFront(path, -2),
                {to:String} = '' AND stop < most, arrayPushBack(path, -1),
                path
            ) AS nodes
        FROM begun
    )
SELECT
    edge.1 AS step,
    multiIf(edge.2 = -2, '(began)', names[edge.2 + 1]) AS source,
    multiIf(edge.3 = -1, '(ended)', names[edge.3 + 1]) AS target,
    count() AS n,
    uniqExact(who) AS customers,
    n / sum(n) OVER (PARTITION BY step, source) AS share,
    n / sum(if(abs(step) = 1, n, 0)) OVER () AS share_of_all
FROM (
    SELECT
        who,
        arrayJoin(
            arrayMap(
                (a, b, k) -> (if(backwards, toInt32(k) - toInt32(length(nodes)), toInt32(k)), a, b),
                arrayPopBack(nodes), arrayPopFront(nodes), range(1, length(nodes))
            )
        ) AS edge
    FROM drawn
)
GROUP BY step, source, target
ORDER BY step, n DESC, source, target
LIMIT {limit:UInt32}
