-- Touchpoints over time.
-- param by: word = none (none, channel, direction, brand, type) — splits the answer
-- param per: word = month (day, week, month) — the length of a period, in UTC; weeks begin on Monday
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only what happened then or later
-- param until: time = latest — only what happened before
-- column period: date — its first day
-- column grouped: word — the value of by
-- column n: count — touchpoints
-- column customers: count — customers who had them
SELECT
    multiIf(
        {per:String} = 'day', toDate32(occurred_at),
        {per:String} = 'week', toDate32(dateTrunc('week', toDate32(occurred_at))),
        toDate32(dateTrunc('month', toDate32(occurred_at)))
    ) AS period,
    multiIf(
        {by:String} = 'channel', toString(channel),
        {by:String} = 'direction', toString(direction),
        {by:String} = 'brand', toString(brand),
        {by:String} = 'type', toString(type),
        ''
    ) AS grouped,
    count() AS n,
    uniqExact(customer_id) AS customers
FROM touchpoints
WHERE occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
    AND ({brand:String} = '' OR brand = {brand:String})
    AND ({channel:String} = '' OR channel = {channel:String})
GROUP BY period, grouped
ORDER BY period, grouped
