-- How long customers stay in each stage, over the stays that have ended.
-- param since: time = earliest — only stays that began then or later
-- param until: time = latest — only stays that began before
-- column stage: word — the stage
-- column entered: count — stays
-- column n: count — stays that have ended
-- column median_s: seconds — the median of their length, interpolated
-- column p90_s: seconds — nine of ten lasted at most this
-- column mean_s: seconds — the mean
-- column max_s: seconds — the longest
SELECT
    toString(s.stage) AS stage,
    count() AS entered,
    count(dwell_s) AS n,
    quantileExactInclusive(0.5)(dwell_s) AS median_s,
    quantileExactInclusive(0.9)(dwell_s) AS p90_s,
    -- Whole microseconds add up the same in any order of parts and threads; floats do not.
    sum(toInt64(round(dwell_s * 1e6))) / if(n = 0, NULL, n) / 1e6 AS mean_s,
    max(dwell_s) AS max_s
FROM stages AS s
WHERE entered_at >= {since:DateTime64(6,'UTC')} AND entered_at < {until:DateTime64(6,'UTC')}
GROUP BY stage
ORDER BY stage
