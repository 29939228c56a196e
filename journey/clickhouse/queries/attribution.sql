-- What an outcome is owed to: each is shared out among the touchpoints before it.
-- param outcome: activity = order-placed — the activity; each of them is 1 to share out
-- param model: word = linear (first, last, linear, decay, position) — who gets it: the first touchpoint, the last, all alike, the later the more, or 40 % the first, 40 % the last and 20 % those between
-- param by: word = channel (channel, campaign, activity) — what the shares are added up by; with campaign, only what belongs to one is a touchpoint
-- param property: property = campaign — the declared property that tells the campaign of events that are no message of one
-- param window: duration = 30 d — touchpoints from so long before the outcome on
-- param half_life: duration = 7 d — with decay, a touchpoint so much earlier gets half as much
-- param shared: word = yes (yes, no) — whether one touchpoint may lead to several outcomes; no: only what came after the outcome before
-- param touches: activities = — only these activities are touchpoints, commas between; empty: all but the outcome
-- param direction: word = any (any, inbound, outbound, internal) — only touchpoints that went this way
-- param currency: currency = — only this one's amounts; empty: the one that most outcomes were in
-- param brand: brand = — only this brand; empty: all
-- param since: time = earliest — only outcomes then or later; what led to them may lie before
-- param until: time = latest — only what happened before
-- column grouped: word — the value of by; (none): what had no touchpoint before it
-- column credit: number — outcomes that are owed to it, in millionths; over all rows exactly as many as there were
-- column share: share — of all outcomes
-- column outcomes: count — outcomes that it came before, at whatever share
-- column customers: count — whose these were
-- column value: number — the amounts of the outcomes, shared out in the same way
-- column currency: word — of the amounts, ISO 4217
WITH
    {window:Int64} * 1000000 AS reach,
    toUnixTimestamp64Micro({since:DateTime64(6,'UTC')}) AS beginning,
    arrayMap(each -> trimBoth(each), splitByChar(',', {touches:String})) AS wanted,
    if(
        {currency:String} != '',
        {currency:String},
        (
            SELECT any(toString(told))
            FROM (
                SELECT t.currency AS told
                FROM touchpoints AS t
                WHERE activity = {outcome:String} AND amount IS NOT NULL
                    AND occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
                    AND ({brand:String} = '' OR brand = {brand:String})
                GROUP BY told
                ORDER BY count() DESC, told
                LIMIT 1
            )
        )
    ) AS main,
    marked AS (
        SELECT
            cityHash64(customer_id) AS who,
            toUnixTimestamp64Micro(occurred_at) AS at,
            sequence,
            activity = {outcome:String} AS is_outcome,
            multiIf(
                {by:String} = 'activity', toString(activity),
                {by:String} = 'campaign', if(campaign != '', toString(campaign), property_values[indexOf(property_names, {property:String})]),
                toString(channel)
            ) AS label,
            if(is_outcome AND t.currency = main, toInt64(round(ifNull(amount, 0) * 1e6)), 0) AS micros
        FROM touchpoints AS t
        WHERE occurred_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR brand = {brand:String})
            AND (
                is_outcome
                OR (
                    at >= beginning - reach
                    AND ({touches:String} = '' OR has(wanted, toString(activity)))
                    AND ({direction:String} = 'any' OR direction = {direction:String})
                    AND ({by:String} != 'campaign' OR label != '')
                )
            )
            AND who IN (SELECT cityHash64(customer_id) FROM touchpoints WHERE activity = {outcome:String})
    ),
    -- of one time and place in it, what is no outcome comes before one
    ordered AS (
        SELECT
            who,
            arraySort(groupArray((at, sequence, is_outcome, label, micros))) AS events,
            arrayFilter(n -> events[n].3, arrayEnumerate(events)) AS places
        FROM marked
        GROUP BY who
    ),
    outcomes AS (
        SELECT
            who,
            arrayJoin(arrayZip(places, arrayPushFront(arrayPopBack(places), 0))) AS place,
            events[place.1] AS outcome,
            arrayFilter(
                (e, n) -> n < place.1 AND NOT e.3 AND e.1 >= outcome.1 - reach AND ({shared:String} = 'yes' OR n > place.2),
                events, arrayEnumerate(events)
            ) AS before
        FROM ordered
        WHERE notEmpty(places)
    ),
    weighed AS (
        SELECT
            who,
            outcome,
            if(empty(before), ['(none)'], before.4) AS labels,
            length(labels) AS n,
            arrayCumSum(
                arrayMap(
                    (at, k) -> multiIf(
                        {model:String} = 'first', if(k = 1, 1., 0.),
                        {model:String} = 'last', if(k = n, 1., 0.),
                        {model:String} = 'decay', exp2((at - before.1[-1]) / 1e6 / greatest(toFloat64({half_life:Int64}), 1e-3)),
                        {model:String} = 'linear' OR n < 3, 1.,
                        k = 1 OR k = n, 2. * (n - 2), -- of 5 (n - 2): whole numbers, so that 40 % are 400,000
                        1.
                    ),
                    if(empty(before), [outcome.1], before.1), arrayEnumerate(labels)
                )
            ) AS upto
        FROM outcomes
        WHERE outcome.1 >= beginning
    ),
    -- cut after whole millionths, and the last gets what is left: so nothing is lost or made
    cut AS (
        SELECT
            who,
            labels,
            arrayMap((u, k) -> if(k = n, 1000000, toInt64(floor(1e6 * u / upto[n]))), upto, arrayEnumerate(upto)) AS credits,
            arrayMap((u, k) -> if(k = n, outcome.5, toInt64(floor(outcome.5 * u / upto[n]))), upto, arrayEnumerate(upto)) AS values
        FROM weighed
    )
SELECT
    part.1 AS grouped,
    sum(part.2) / 1e6 AS credit,
    sum(part.2) / sum(sum(part.2)) OVER () AS share,
    sum(part.4) AS outcomes,
    uniqExact(who) AS customers,
    sum(part.3) / 1e6 AS value,
    main AS currency
FROM (
    SELECT
        who,
        arrayJoin(
            arrayZip(
                labels,
                arrayPopFront(arrayDifference(arrayPushFront(credits, 0))),
                arrayPopFront(arrayDifference(arrayPushFront(values, 0))),
                arrayMap((label, n) -> n = 1, labels, arrayEnumerateUniq(labels))
            )
        ) AS part
    FROM cut
)
GROUP BY grouped
ORDER BY credit DESC, grouped
