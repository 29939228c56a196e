-- Pain points over time, and whether there are more or fewer than chance would have, given how many customers there are.
-- step: trend
-- param by: word = kind (kind, channel, brand, stage, topic, team) — what is looked at
-- param kind: pain = — only this kind; empty: all
-- param per: word = week (day, week) — the length of a period, in UTC; weeks begin on Monday
-- param baseline: count = 8 — how many periods before are held against it, at least 4
-- param rate: number = 0.05 — the share of false alarms among the alarms that is allowed
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only what happened then or later
-- param until: time = latest — only what happened before; the last period may be a part of one
-- column period: date — its first day
-- column grouped: word — the value of by
-- column n: count — customers who were hit
-- column expected: number — how many there would be by the periods before; null where they are too few
-- column ratio: number — n by expected
-- column p: number — how likely a count at least so far off is by chance, either way
-- column q: number — the same, corrected for all counts in the answer
-- column trend: word — up or down where q is at most the rate; else empty
SELECT
    if({per:String} = 'day', toDate32(began_at), toDate32(dateTrunc('week', toDate32(began_at)))) AS period,
    toNullable(multiIf(
        {by:String} = 'channel', toString(channel),
        {by:String} = 'brand', toString(brand),
        {by:String} = 'stage', toString(stage),
        {by:String} = 'topic', toString(topic),
        {by:String} = 'team', toString(team),
        toString(p.kind)
    )) AS grouped,
    uniqExact(sipHash64(customer_id)) AS n,
    toUInt64(0) AS exposure
FROM pains AS p
WHERE began_at >= {since:DateTime64(6,'UTC')} AND began_at < {until:DateTime64(6,'UTC')}
    AND ({brand:String} = '' OR brand = {brand:String})
    AND ({channel:String} = '' OR channel = {channel:String})
    AND ({kind:String} = '' OR p.kind = {kind:String})
GROUP BY period, grouped
UNION ALL
SELECT
    if({per:String} = 'day', toDate32(occurred_at), toDate32(dateTrunc('week', toDate32(occurred_at)))) AS period,
    NULL AS grouped,
    toUInt64(0) AS n,
    uniqExact(sipHash64(customer_id)) AS exposure
FROM touchpoints
WHERE occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
    AND ({brand:String} = '' OR brand = {brand:String})
    AND direction = 'inbound'
GROUP BY period
