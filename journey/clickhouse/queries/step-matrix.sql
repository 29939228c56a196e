-- Where cases are at each step: the share of all cases whose first, second, third … activity it is.
-- include events
-- include unnamed
-- include paths
-- param length: positive = 10 — so many steps, at most 1,000
-- param limit: count = 1000 — at most so many rows
-- column step: count — 1 for a case's first activity
-- column activity: word — the activity; (ended) where the case was over before
-- column n: count — cases
-- column share: share — of all cases
SELECT
    step,
    if(code = -1, '(ended)', names[code + 1]) AS activity,
    count() AS n,
    n / sum(n) OVER (PARTITION BY step) AS share
FROM (
    SELECT
        arrayJoin(
            arrayMap(
                i -> (i, if(i > length(steps), -1, toInt32(steps[i].2))),
                range(1, least({length:UInt32}, 1000) + 1)
            )
        ) AS place,
        place.1 AS step,
        place.2 AS code
    FROM cases
)
GROUP BY step, code
ORDER BY step, n DESC, activity
LIMIT {limit:UInt32}
