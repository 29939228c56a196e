-- Customer lifetime value: revenue to date and what is expected, by the customer or in groups.
-- always: one row
-- step: clv
-- param by: word = none (none, customer, brand, channel, persona, month) — splits the answer; brand and channel of the first purchase, its month; who holds several personas now counts in each
-- param currency: currency = — only this one; empty: the one that most purchases were in
-- param customer: customer = — only this one, by id or identity; empty: all
-- param brand: brand = — only customers who first bought of this brand; empty: all
-- param channel: channel = — only customers who first bought on this channel; empty: all
-- param horizon_days: positive = 365 — how far ahead the expectation looks
-- param margin: number = -1 — what remains of a unit of revenue, 0 to 1; negative: margin in the section value of journey.toml
-- param limit: count = 1000 — at most so many rows, the highest values first where they are customers
-- column grouped: word — the value of by
-- column n: count — customers who paid at least once
-- column currency: word — ISO 4217
-- column revenue: number — all they paid to date, minus refunds
-- column alive: number — how many of those who order are expected to do so again; null where too few came again to tell
-- column expected_orders: number — orders that are expected of them
-- column expected: number — what is expected of them, orders and renewals together
-- column clv_revenue: number — revenue and expectation together, a customer
-- column sd: number — the standard deviation of that over customers
-- interval clv_revenue: student(clv_revenue, sd, n)
-- column clv_margin: number — clv_revenue times the margin; null where none is configured
-- column renewal_rate: share — renewals of all subscriptions that came to their end, over everybody
-- column first_at: time — the first purchase
-- column last_at: time — the last touchpoint known, from where on the expectation looks
WITH
    -- The newest time, and how many payments are in each currency, in one reading.
    (
        SELECT (max(occurred_at), sumMapIf([toString(t.currency)], [toUInt64(1)], type IN ('order-placed', 'subscription-started', 'subscription-renewed')))
        FROM touchpoints AS t
    ) AS known,
    known.1 AS newest,
    if(
        {currency:String} != '',
        {currency:String},
        arraySort((name, n) -> (-toInt64(n), name), known.2.1, known.2.2)[1]
    ) AS main,
    paying AS (
        SELECT
            customer_id,
            sum(if(type = 'refunded', -micros, micros)) AS revenue_micros,
            minIf(occurred_at, type != 'refunded') AS first_at,
            argMinIf(toString(p.brand), (occurred_at, event_id), type != 'refunded') AS brand,
            argMinIf(toString(p.channel), (occurred_at, event_id), type != 'refunded') AS channel,
            arraySort(groupUniqArrayIf(toDate32(occurred_at), type = 'order-placed')) AS days,
            sumMapIf([toDate32(occurred_at)], [micros], type = 'order-placed') AS spent,  -- without days of nothing
            notEmpty(days) AS has_orders,
            toInt64(length(days)) - 1 AS again,
            dateDiff('day', days[1], days[-1]) AS last_days,
            dateDiff('day', days[1], toDate32(newest)) AS known_days,
            arrayFilter((micros, day) -> day != days[1] AND micros > 0, spent.2, spent.1) AS repeats,
            length(repeats) AS purchases,
            arraySum(repeats) AS spent_micros
        FROM (
            SELECT customer_id, occurred_at, event_id, type, brand, channel, toInt64(round(ifNull(amount, 0) * 1e6)) AS micros
            FROM touchpoints AS t
            WHERE type IN ('order-placed', 'subscription-started', 'subscription-renewed', 'refunded') AND t.currency = main
        ) AS p
        GROUP BY customer_id
        HAVING countIf(type != 'refunded') > 0
    ),
    subscribing AS (
        SELECT
            customer_id,
            sum(renewals) AS renewed,
            countIf(ended_by IN ('cancelled', 'not_renewed')) AS lost,
            argMaxIf(
                (amount, period_s, dateDiff('second', newest, due_at) / 86400),
                ordinal,
                ended_at IS NULL AND NOT is_cancelled AND due_at IS NOT NULL AND period_s IS NOT NULL
            ) AS running
        FROM tenures
        WHERE kind = 'subscription' AND currency = main
        GROUP BY customer_id
    ),
    held AS (
        SELECT customer_id, arraySort(groupArray(toString(persona))) AS names
        FROM personas
        WHERE {by:String} = 'persona' AND until IS NULL
        GROUP BY customer_id
    )
SELECT
    customer_id,
    main AS currency,
    if(
        {by:String} = 'persona' AND notEmpty(names),
        names,
        [multiIf(
            {by:String} = 'customer', customer_id,
            {by:String} = 'brand', brand,
            {by:String} = 'channel', channel,
            {by:String} = 'month', toString(toDate32(dateTrunc('month', toDate32(first_at)))),
            ''
        )]
    ) AS grouped,
    startsWith(customer_id, {customer:String})
        AND ({brand:String} = '' OR brand = {brand:String})
        AND ({channel:String} = '' OR channel = {channel:String}) AS is_asked,
    revenue_micros,
    has_orders,
    again,
    last_days,
    known_days,
    purchases,
    spent_micros,
    renewed,
    lost,
    tupleElement(running, 1) AS amount,
    tupleElement(running, 2) AS period_s,
    tupleElement(running, 3) AS due_days,
    first_at,
    newest AS last_at
FROM paying AS p
LEFT JOIN subscribing AS s USING (customer_id)
LEFT JOIN held AS h USING (customer_id)
ORDER BY customer_id
