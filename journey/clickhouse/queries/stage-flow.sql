-- Moves from stage to stage, and how long the stage before had lasted.
-- param since: time = earliest — only moves then or later
-- param until: time = latest — only moves before
-- column from: word — the stage that was left
-- column to: word — the stage that began
-- column n: count — moves
-- column customers: count — customers who moved so
-- column median_dwell_s: seconds — the median time in the stage that was left, interpolated
SELECT
    toString(previous) AS `from`,
    toString(stage) AS `to`,
    count() AS n,
    uniqExact(customer_id) AS customers,
    quantileExactInclusive(0.5)(dwelt_s) AS median_dwell_s
FROM
(
    SELECT
        customer_id,
        entered_at,
        stage,
        previous,
        lagInFrame(dwell_s) OVER (
            PARTITION BY customer_id
            ORDER BY entered_at, ordinal
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS dwelt_s
    FROM stages
)
WHERE previous != ''
    AND entered_at >= {since:DateTime64(6,'UTC')} AND entered_at < {until:DateTime64(6,'UTC')}
GROUP BY `from`, `to`
ORDER BY `from`, `to`
