-- How customers feel in each stage: their scores and words from -1 to 1, mean per customer, then over them.
-- param persona: persona = — only customers of this persona, while they held it; empty: all
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only what was told then or later
-- param until: time = latest — only what was told before
-- param customers_min: integer = 5 — with fewer customers the emotion is hidden
-- column stage: word — the stage until then
-- column n: count — customers who told it
-- column told: count — scores, stars and texts
-- column emotion: number — -1 (bad) to 1 (good); null below the least number of customers
SELECT
    stage,
    count() AS n,
    sum(own) AS told,
    -- Whole millionths add up the same in any order of parts and threads; floats do not.
    if(n < {customers_min:Int64}, NULL, sum(toInt64(round(mean * 1e6))) / n / 1e6) AS emotion
FROM (
    SELECT
        customer_id,
        toString(e.stage) AS stage,
        count() AS own,
        sum(toInt64(round(e.emotion * 1e6))) / own / 1e6 AS mean
    FROM emotions AS e
    WHERE felt_at >= {since:DateTime64(6,'UTC')} AND felt_at < {until:DateTime64(6,'UTC')}
        AND ({brand:String} = '' OR brand = {brand:String})
        AND ({channel:String} = '' OR channel = {channel:String})
        AND ({persona:String} = '' OR has(personas, {persona:String}))
    GROUP BY customer_id, stage
)
GROUP BY stage
ORDER BY stage
