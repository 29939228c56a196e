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
WITH
    pairs AS (
        SELECT
            who,
            -- two codes of ten bits; what lies in two sessions is no pair
            arrayMap(
                (a, b) -> toUInt32(code_of(a)) * 1024 + code_of(b),
                arrayPopBack(numbers) AS before, arrayPopFront(numbers) AS after
            ) AS every,
            arrayMap((a, b) -> time_of(b) - time_of(a), before, after) AS lasted,
            if({cases:String} = 'session', {gap:Int64} * 1000000, toInt64(9e18)) AS most,
            if({cases:String} = 'session', arrayFilter((pair, took) -> took <= most, every, lasted), every) AS told,
            if({cases:String} = 'session', arrayFilter(took -> took <= most, lasted), lasted) AS took
        FROM whole
    )
SELECT
    names[intDiv(pair, 1024) + 1] AS `from`,
    names[pair % 1024 + 1] AS `to`,
    count() AS n,
    -- a row of `whole` is a customer, unless it is a conversation
    if({cases:String} = 'conversation', uniqExactIf(who, {cases:String} = 'conversation'), countIf(nth = 1)) AS customers,
    n / sum(n) OVER (PARTITION BY `from`) AS share,
    quantileExactInclusive(0.5)(each) / 1e6 AS median_s
FROM pairs
ARRAY JOIN told AS pair, took AS each, arrayEnumerateUniq(told) AS nth
GROUP BY pair
ORDER BY n DESC, `from`, `to`
LIMIT {limit:UInt32}
