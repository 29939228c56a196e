-- Answers to surveys, by the survey's name.
-- param by: word = none (none, channel, brand) — splits the answer
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only what happened then or later
-- param until: time = latest — only what happened before
-- column name: word — the survey
-- column grouped: word — the value of by
-- column n: count — answers
-- column customers: count — customers who answered
-- column mean_score: number — the mean score, on the survey's own scale
-- column median_score: number — the median score, interpolated
-- column min_score: number — the lowest score
-- column max_score: number — the highest score
SELECT
    toString(t.name) AS name,
    multiIf({by:String} = 'channel', toString(channel), {by:String} = 'brand', toString(brand), '') AS grouped,
    count() AS n,
    uniqExact(sipHash64(customer_id)) AS customers,
    -- Millionths add up the same in any order of parts and threads; floats do not.
    sum(toInt64(round(score * 1e6))) / count(score) / 1e6 AS mean_score,
    quantileExactInclusive(0.5)(score) AS median_score,
    min(score) AS min_score,
    max(score) AS max_score
FROM touchpoints AS t
WHERE occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
    AND ({brand:String} = '' OR brand = {brand:String})
    AND ({channel:String} = '' OR channel = {channel:String})
    AND type = 'survey-answered'
GROUP BY name, grouped
ORDER BY name, grouped
