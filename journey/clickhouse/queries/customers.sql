-- How many customers were in touch, month by month.
-- param by: word = none (none, channel, brand) — splits the answer
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only what happened then or later
-- param until: time = latest — only what happened before
-- column month: date — its first day, in UTC
-- column grouped: word — the value of by
-- column customers: count — customers with a touchpoint
-- column touchpoints: count — their touchpoints
SELECT
    toDate32(dateTrunc('month', toDate32(occurred_at))) AS month,
    multiIf({by:String} = 'channel', toString(channel), {by:String} = 'brand', toString(brand), '') AS grouped,
    uniqExact(sipHash64(customer_id)) AS customers,
    count() AS touchpoints
FROM touchpoints
WHERE occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
    AND ({brand:String} = '' OR brand = {brand:String})
    AND ({channel:String} = '' OR channel = {channel:String})
GROUP BY month, grouped
ORDER BY month, grouped
