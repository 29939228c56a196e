-- Which channels and touchpoints customers use in each stage: the rows of a journey map.
-- param persona: persona = — only customers of this persona, while they held it; empty: all
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only what happened then or later
-- param until: time = latest — only what happened before
-- column stage: word — the stage that the customer was in, or entered by it
-- column channel: word — where
-- column type: word — the type of touchpoint
-- column n: count — touchpoints
-- column customers: count — customers with one
SELECT
    s.stage AS stage,
    toString(t.channel) AS channel,
    toString(t.type) AS type,
    count() AS n,
    uniqExact(t.who) AS customers
FROM (
    -- numbers are joined twice as fast as texts
    SELECT sipHash64(customer_id) AS who, occurred_at, channel, type
    FROM touchpoints
    WHERE occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
        AND ({brand:String} = '' OR brand = {brand:String})
        AND ({channel:String} = '' OR channel = {channel:String})
        AND direction != 'internal'
        AND ({persona:String} = '' OR customer_id IN (
            SELECT customer_id FROM personas WHERE persona = {persona:String}))
) AS t
-- of stages that began at one time the last
ASOF INNER JOIN (
    SELECT sipHash64(customer_id) AS who, entered_at, argMax(st.stage, ordinal) AS stage
    FROM stages AS st
    GROUP BY who, entered_at
) AS s ON s.who = t.who AND t.occurred_at >= s.entered_at
ASOF LEFT JOIN (
    SELECT sipHash64(customer_id) AS who, since, until, 1 AS is_held FROM personas WHERE persona = {persona:String}
) AS p ON p.who = t.who AND t.occurred_at >= p.since
WHERE {persona:String} = '' OR (p.is_held = 1 AND (isNull(p.until) OR p.until > t.occurred_at))
GROUP BY stage, channel, type
ORDER BY stage, n DESC, channel, type
