-- Touchpoints over time, and days or weeks with more or fewer customers than chance would have by those before.
-- step: trend
-- param by: word = all (all, type, name, channel, brand) — what is looked at
-- param given: word = customers (customers, time) — what counts are held against: how many customers there were in all, or the time alone
-- param per: word = week (day, week) — the length of a period, in UTC; weeks begin on Monday
-- param baseline: count = 8 — how many periods before are held against it, at least 4
-- param rate: number = 0.05 — the share of false alarms among the alarms that is allowed
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only what happened then or later
-- param until: time = latest — only what happened before; the last period may be a part of one
-- column period: date — its first day
-- column grouped: word — the value of by
-- column n: count — customers who had one
-- column expected: number — how many there would be by the periods before; null where they are too few
-- column ratio: number — n by expected
-- column p: number — how likely a count at least so far off is by chance, either way
-- column q: number — the same, corrected for all counts in the answer
-- column trend: word — up or down where q is at most the rate; else empty
SELECT
    if({per:String} = 'day', toDate32(occurred_at), toDate32(dateTrunc('week', toDate32(occurred_at)))) AS period,
    -- NULL is everybody, in the same reading
    arrayJoin([NULL, multiIf(
        {by:String} = 'type', toString(type),
        {by:String} = 'name', if(name = '', toString(type), toString(name)),
        {by:String} = 'channel', toString(channel),
        {by:String} = 'brand', toString(brand),
        'all'
    )]) AS grouped,
    uniqExactIf(sipHash64(customer_id), isNotNull(grouped)) AS n,
    if(
        {given:String} = 'customers' AND {by:String} != 'all',
        uniqExactIf(sipHash64(customer_id), isNull(grouped)),
        isNull(grouped)
    ) AS exposure
FROM touchpoints
WHERE occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
    AND ({brand:String} = '' OR brand = {brand:String})
    AND ({channel:String} = '' OR channel = {channel:String})
    AND direction = 'inbound'
GROUP BY period, grouped
