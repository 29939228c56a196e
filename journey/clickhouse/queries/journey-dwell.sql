-- How many customers come to each stage, and how long they stay: the head of a journey map.
-- param persona: persona = — only customers who held this persona when they came; empty: all
-- param since: time = earliest — only stays that began then or later
-- param until: time = latest — only stays that began before
-- column stage: word — the stage
-- column customers: count — customers who came
-- column n: count — stays that have ended
-- column median_s: seconds — the median of their length, interpolated
SELECT
    toString(s.stage) AS stage,
    uniqExact(s.customer_id) AS customers,
    count(s.dwell_s) AS n,
    quantileExactInclusive(0.5)(s.dwell_s) AS median_s
FROM stages AS s
ASOF LEFT JOIN (
    SELECT customer_id, since, until, 1 AS is_held FROM personas WHERE persona = {persona:String}
) AS p ON p.customer_id = s.customer_id AND s.entered_at >= p.since
WHERE s.entered_at >= {since:DateTime64(6,'UTC')} AND s.entered_at < {until:DateTime64(6,'UTC')}
    AND ({persona:String} = ''
        OR (p.is_held = 1 AND (isNull(p.until) OR p.until > s.entered_at)))
GROUP BY stage
ORDER BY stage
