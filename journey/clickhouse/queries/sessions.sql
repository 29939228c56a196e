-- Sessions: how many, how long, how much happens in them.
-- include events
-- include unnamed
-- include paths
-- column n: count — sessions, or whatever cases are asked for
-- column customers: count — customers who had one
-- column events: count — events in them
-- column mean_events: number — events in one, mean
-- column p25_events: number — the first quartile, interpolated like all quantiles here
-- column median_events: number — the median
-- column p75_events: number — the third quartile
-- column p90_events: number — nine of ten have at most this
-- column p95_events: number — 19 of 20 have at most this
-- column max_events: count — the most
-- column median_s: seconds — from the first event to the last, the median
-- column p90_s: seconds — nine of ten last at most this
SELECT
    count() AS n,
    uniqExact(who) AS customers,
    sum(length(steps)) AS events,
    events / n AS mean_events,
    quantileExactInclusive(0.25)(length(steps)) AS p25_events,
    quantileExactInclusive(0.5)(length(steps)) AS median_events,
    quantileExactInclusive(0.75)(length(steps)) AS p75_events,
    quantileExactInclusive(0.9)(length(steps)) AS p90_events,
    quantileExactInclusive(0.95)(length(steps)) AS p95_events,
    max(length(steps)) AS max_events,
    quantileExactInclusive(0.5)((steps[-1].1 - steps[1].1) / 1e6) AS median_s,
    quantileExactInclusive(0.9)((steps[-1].1 - steps[1].1) / 1e6) AS p90_s
FROM cases
HAVING n > 0
