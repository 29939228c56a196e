-- Moves from stage to stage, and how long the stage before had lasted.
-- param since: time = earliest — only moves then or later
-- param until: time = latest — only moves before
-- column from: word — the stage that was left
-- column to: word — the stage that began
-- column n: count — moves
-- column customers: count — customers who moved so
-- column median_dwell_s: seconds — the median time in the stage that was left, interpolated
SELECT
    toString(s.previous) AS `from`,
    toString(s.stage) AS `to`,
    count() AS n,
    uniqExact(s.customer_id) AS customers,
    quantileExactInclusive(0.5)(b.dwell_s) AS median_dwell_s
FROM stages AS s
-- a join takes half as long as a window over the same rows
LEFT JOIN (SELECT customer_id, ordinal + 1 AS ordinal, dwell_s FROM stages) AS b
    ON b.customer_id = s.customer_id AND b.ordinal = s.ordinal
WHERE s.previous != ''
    AND s.entered_at >= {since:DateTime64(6,'UTC')} AND s.entered_at < {until:DateTime64(6,'UTC')}
GROUP BY `from`, `to`
ORDER BY `from`, `to`
