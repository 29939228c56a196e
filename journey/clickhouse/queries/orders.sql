-- Orders and revenue, month by month and by currency.
-- param by: word = none (none, channel, brand) — splits the answer
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only what happened then or later
-- param until: time = latest — only what happened before
-- column month: date — its first day, in UTC
-- column currency: word — ISO 4217
-- column grouped: word — the value of by
-- column n: count — orders
-- column customers: count — customers who ordered
-- column revenue: number — the sum of the amounts, in the currency
SELECT
    toDate32(dateTrunc('month', toDate32(occurred_at))) AS month,
    toString(t.currency) AS currency,
    multiIf({by:String} = 'channel', toString(channel), {by:String} = 'brand', toString(brand), '') AS grouped,
    count() AS n,
    uniqExact(customer_id) AS customers,
    -- Millionths add up the same in any order of parts and threads; floats do not.
    sum(toInt64(round(amount * 1e6))) / 1e6 AS revenue
FROM touchpoints AS t
WHERE occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
    AND ({brand:String} = '' OR brand = {brand:String})
    AND ({channel:String} = '' OR channel = {channel:String})
    AND type = 'order-placed'
GROUP BY month, currency, grouped
ORDER BY month, currency, grouped
