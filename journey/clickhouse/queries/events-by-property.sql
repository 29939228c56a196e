-- Events of a declared type, by the values of one of its properties.
-- param type: type — the type, as journey.toml calls it
-- param property: property — one of its properties that is not personal
-- param by: word = none (none, channel, brand, source, day, week, month) — splits the answer; days in UTC, a week by its Monday
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only what happened then or later
-- param until: time = latest — only what happened before
-- param limit: count = 1000 — at most so many rows
-- column grouped: word — the value of by
-- column value: word — the property's value as text; empty where nothing was told
-- column n: count — events that told it
-- column customers: count — customers whose events these are
-- column share: share — of all events of the type, in the same group; lists may add up to more than 1
WITH
    told AS (
        SELECT
            multiIf(
                {by:String} = 'channel', toString(channel),
                {by:String} = 'brand', toString(brand),
                {by:String} = 'source', toString(source),
                {by:String} = 'day', toString(toDate32(occurred_at)),
                {by:String} = 'week', toString(toDate32(dateTrunc('week', toDate32(occurred_at)))),
                {by:String} = 'month', toString(toDate32(dateTrunc('month', toDate32(occurred_at)))),
                ''
            ) AS grouped,
            customer_id,
            arrayDistinct(
                arrayFilter((v, k) -> k = {property:String}, property_values, property_names)
            ) AS found
        FROM touchpoints
        WHERE type = {type:String}
            AND occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR brand = {brand:String})
            AND ({channel:String} = '' OR channel = {channel:String})
    ),
    totals AS (SELECT grouped, count() AS total FROM told GROUP BY grouped)
SELECT
    grouped,
    value,
    count() AS n,
    uniqExact(customer_id) AS customers,
    count() / any(total) AS share
FROM (
    SELECT grouped, customer_id, arrayJoin(if(empty(found), [''], found)) AS value
    FROM told
) AS one
INNER JOIN totals USING (grouped)
GROUP BY grouped, value
ORDER BY grouped, n DESC, value
LIMIT {limit:UInt32}
