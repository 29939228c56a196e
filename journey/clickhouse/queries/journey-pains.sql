-- What customers suffer in each stage, the worst first: the pain points of a journey map.
-- param persona: persona = — only customers of this persona, while they held it; empty: all
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only what began then or later
-- param until: time = latest — only what began before
-- param first: word = — the stage of who stood in none yet, at the very first touch; empty: none
-- column stage: word — where the customer stood when it began
-- column kind: word — the kind of pain
-- column n: count — pains
-- column customers: count — customers who were hit
-- column severity: number — the mean severity of these pains, 1 to 4
-- column weight: number — customers × severity
-- column cost: number — extra contacts and refunds
SELECT
    if(p.stage = '', {first:String}, toString(p.stage)) AS stage,
    toString(p.kind) AS kind,
    count() AS n,
    uniqExact(customer_id) AS customers,
    sum(p.severity) / n AS severity,
    customers * severity AS weight,
    -- Millionths add up the same in any order of parts and threads; floats do not.
    sum(toInt64(round(p.cost * 1e6))) / 1e6 AS cost
FROM pains AS p
WHERE began_at >= {since:DateTime64(6,'UTC')} AND began_at < {until:DateTime64(6,'UTC')}
    AND ({persona:String} = '' OR has(personas, {persona:String}))
    AND ({brand:String} = '' OR brand = {brand:String})
    AND ({channel:String} = '' OR channel = {channel:String})
GROUP BY stage, kind
ORDER BY stage, weight DESC, kind
