-- Return on care: what customers who were helped paid more, and whom they referred, against the cost of helping them.
-- always: one row
-- param by: word = none (none, channel, brand, topic, month) — splits the answer; a customer counts once in each group, by their first conversation in it
-- param brand: brand = — only conversations with this brand; empty: all
-- param channel: channel = — only conversations begun on this channel; empty: all
-- param since: time = earliest — only conversations opened then or later
-- param until: time = latest — only conversations opened before
-- param within_days: count = 7 — who is helped is helped within so many days
-- param days: positive = 90 — so long after that, and so long before the conversation, money is counted
-- param currency: currency = — only this one; empty: the one that most payments were in
-- param referral_value: number = 0 — what a referral is worth; 0: they are counted and not valued
-- param margin: number = -1 — what remains of a unit of revenue, 0 to 1; negative: margin in the section value of journey.toml, else 1
-- param costs: costs = {} — what a contact costs on each channel, as JSON; {}: unit_cost in the sections channels.NAME of journey.toml
-- column grouped: word — the value of by
-- column n: count — customers whose time is over: helped and unhelped together
-- column helped: count — of them, those whose first conversation was resolved in time, told or implied
-- column unhelped: count — those whose was not: they are compared with
-- column pending: count — customers whose time is not over: in no figure
-- column currency: word — ISO 4217
-- column before_helped: number — what a helped customer paid in the days before, minus refunds
-- column before_unhelped: number — the same of the unhelped: the further apart, the less alike they are
-- column change_helped: number — what a helped customer paid in the days after, less what before
-- column change_unhelped: number — the same of the unhelped
-- column difference: number — change_helped minus change_unhelped, a customer
-- column sd_helped: number — the standard deviation of change_helped
-- column sd_unhelped: number — the same of the unhelped
-- interval difference: welch(change_helped, sd_helped, helped, change_unhelped, sd_unhelped, unhelped)
-- column customers_helped: count — of the helped, those who were customers when they came
-- column kept_helped: count — of these, those who still are when their time is over
-- column customers_unhelped: count — the same of the unhelped
-- column kept_unhelped: count — the same of these
-- column referrals_helped: count — referrals that the helped made in the days after
-- column referrals_unhelped: count — the same of the unhelped
-- column retained: number — difference times helped
-- column referred: number — referrals of the helped beyond the rate of the unhelped
-- column contacts: count — contacts of the helped until the time to help was over
-- column unpriced: count — of them, on a channel that has no cost
-- column cost: number — of the others
-- column cost_per_contact: number — the same, a contact
-- column value: number — (retained + referred × referral_value) × margin
-- column roi: number — (value - cost) ÷ cost; null without a comparison or a cost
WITH
    JSONExtract({costs:String}, 'Map(String, Float64)') AS cost_of,
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
    came AS (
        SELECT
            multiIf(
                {by:String} = 'channel', toString(r.channel),
                {by:String} = 'brand', toString(r.brand),
                {by:String} = 'topic', toString(r.topic),
                {by:String} = 'month', toString(toDate32(dateTrunc('month', toDate32(opened_at)))),
                ''
            ) AS grouped,
            sipHash64(customer_id) AS who,
            min(opened_at) AS at,
            argMin(
                isNotNull(resolved_at) AND assumeNotNull(resolved_at) <= opened_at + toIntervalDay({within_days:UInt32}),
                (opened_at, conversation_id)
            ) AS is_helped
        FROM resolutions AS r
        WHERE opened_at >= {since:DateTime64(6,'UTC')} AND opened_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR r.brand = {brand:String})
            AND ({channel:String} = '' OR r.channel = {channel:String})
        GROUP BY grouped, who
    ),
    paid AS (
        SELECT
            sipHash64(customer_id) AS who,
            -- Millionths add up the same in any order of parts and threads; floats do not.
            groupArrayIf(
                (occurred_at, if(type = 'refunded', -1, 1) * toInt64(round(ifNull(amount, 0) * 1e6))),
                type IN ('order-placed', 'subscription-started', 'subscription-renewed', 'refunded')
                    AND t.currency = main
            ) AS payments,
            groupArrayIf(occurred_at, activity = 'referral') AS referrals
        FROM touchpoints AS t
        WHERE type IN ('order-placed', 'subscription-started', 'subscription-renewed', 'refunded')
            OR activity = 'referral'
        GROUP BY who
    ),
    wrote AS (
        SELECT
            sipHash64(customer_id) AS who,
            groupArray((
                began_at,
                mapContains(cost_of, toString(c.channel)),
                toInt64(round(cost_of[toString(c.channel)] * 1e6))
            )) AS begun
        FROM contacts AS c
        GROUP BY who
    ),
    held AS (
        SELECT sipHash64(customer_id) AS who, groupArray((began_at, ifNull(ended_at, toDateTime64('2299-01-01 00:00:00', 6, 'UTC')))) AS spans
        FROM tenures
        GROUP BY who
    ),
    each AS (
        SELECT
            grouped,
            is_helped,
            at + toIntervalDay({within_days:UInt32}) AS landmark,
            landmark + toIntervalDay({days:UInt32}) AS ends,
            ends <= newest AS is_over,
            arraySum(arrayMap(e -> e.2, arrayFilter(e -> e.1 >= at - toIntervalDay({days:UInt32}) AND e.1 < at, p.payments))) AS before,
            arraySum(arrayMap(e -> e.2, arrayFilter(e -> e.1 >= landmark AND e.1 < ends, p.payments))) - before AS change,
            length(arrayFilter(e -> e >= landmark AND e < ends, p.referrals)) AS referrals,
            arrayFilter(e -> e.1 >= at AND e.1 < landmark, w.begun) AS contacts_,
            arrayExists(e -> e.1 <= at AND e.2 > at, h.spans) AS is_customer,
            is_customer AND arrayExists(e -> e.1 < ends AND e.2 >= ends, h.spans) AS is_kept
        FROM came AS i
        LEFT JOIN paid AS p ON p.who = i.who
        LEFT JOIN wrote AS w ON w.who = i.who
        LEFT JOIN held AS h ON h.who = i.who
    )
SELECT
    grouped,
    countIf(is_over) AS n,
    countIf(is_over AND is_helped) AS helped,
    countIf(is_over AND NOT is_helped) AS unhelped,
    countIf(NOT is_over) AS pending,
    main AS currency,
    sumIf(before, is_over AND is_helped) / if(helped = 0, NULL, helped) / 1e6 AS before_helped,
    sumIf(before, is_over AND NOT is_helped) / if(unhelped = 0, NULL, unhelped) / 1e6 AS before_unhelped,
    sumIf(change, is_over AND is_helped) / if(helped = 0, NULL, helped) / 1e6 AS change_helped,
    sumIf(change, is_over AND NOT is_helped) / if(unhelped = 0, NULL, unhelped) / 1e6 AS change_unhelped,
    change_helped - change_unhelped AS difference,
    if(helped < 2, NULL, sqrt(toFloat64(
        helped * sumIf(toInt128(change) * toInt128(change), is_over AND is_helped)
        - toInt128(sumIf(change, is_over AND is_helped)) * toInt128(sumIf(change, is_over AND is_helped))
    ) / helped / (helped - 1)) / 1e6) AS sd_helped,
    if(unhelped < 2, NULL, sqrt(toFloat64(
        unhelped * sumIf(toInt128(change) * toInt128(change), is_over AND NOT is_helped)
        - toInt128(sumIf(change, is_over AND NOT is_helped)) * toInt128(sumIf(change, is_over AND NOT is_helped))
    ) / unhelped / (unhelped - 1)) / 1e6) AS sd_unhelped,
    countIf(is_over AND is_helped AND is_customer) AS customers_helped,
    countIf(is_over AND is_helped AND is_kept) AS kept_helped,
    countIf(is_over AND NOT is_helped AND is_customer) AS customers_unhelped,
    countIf(is_over AND NOT is_helped AND is_kept) AS kept_unhelped,
    sumIf(referrals, is_over AND is_helped) AS referrals_helped,
    sumIf(referrals, is_over AND NOT is_helped) AS referrals_unhelped,
    difference * helped AS retained,
    referrals_helped - referrals_unhelped / if(unhelped = 0, NULL, unhelped) * helped AS referred,
    sumIf(length(contacts_), is_over AND is_helped) AS contacts,
    sumIf(arrayCount(e -> NOT e.2, contacts_), is_over AND is_helped) AS unpriced,
    sumIf(arraySum(arrayMap(e -> e.3, contacts_)), is_over AND is_helped) / 1e6 AS cost,
    cost / if(contacts = unpriced, NULL, contacts - unpriced) AS cost_per_contact,
    (retained + referred * {referral_value:Float64}) * if({margin:Float64} < 0, 1, {margin:Float64}) AS value,
    (value - cost) / if(cost = 0, NULL, cost) AS roi
FROM each
GROUP BY grouped
ORDER BY grouped
