-- What comes next: how often one activity directly follows another.
-- include events
-- include unnamed
-- include paths
-- param limit: count = 1000 — at most so many pairs, the most frequent first
-- column from: word — the activity
-- column to: word — what came directly after it, in the same case
-- column n: count — how often
-- column customers: count — customers to whom it happened
-- column share: share — of all that came directly after the first
-- column median_s: seconds — the median time between the two, interpolated
SELECT
    names[pair.1 + 1] AS `from`,
    names[pair.2 + 1] AS `to`,
    count() AS n,
    uniqExact(who) AS customers,
    n / sum(n) OVER (PARTITION BY `from`) AS share,
    quantileExactInclusive(0.5)(pair.3) / 1e6 AS median_s
FROM (
    SELECT
        who,
        arrayJoin(
            arrayMap((a, b) -> (a.2, b.2, b.1 - a.1), arrayPopBack(steps), arrayPopFront(steps))
        ) AS pair
    FROM cases
)
GROUP BY pair.1, pair.2
ORDER BY n DESC, `from`, `to`
LIMIT {limit:UInt32}
