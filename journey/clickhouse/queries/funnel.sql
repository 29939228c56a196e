-- How far customers come: of those who took the first step, who took the next, in order and in time.
-- param steps: steps — two to nine activities, commas between; a | b is either, a ? behind it makes a step optional, and the same again is a second time
-- param window: duration = 0 — from the first step to the last at most so long, such as 7 d; 0: any time
-- param attempts: word = every (every, first) — every first step may begin an attempt, or a customer's first alone
-- param exclude: activities = — activities, commas between, after which an attempt does not count
-- param by: word = none (none, brand, channel, month) — splits customers by their first first step
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only what happened then or later
-- param until: time = latest — only what happened before
-- include events
-- column grouped: word — the value of by
-- column step: count — 1 for the first
-- column activity: word — the step
-- column customers: count — who came so far
-- column share: share — of those who took the first step
-- column median_s: seconds — from the first step to here in the first attempt that came so far, interpolated
-- column p90_s: seconds — nine of ten took at most this
WITH
    arrayMap(told -> trimBoth(told), splitByChar(',', {steps:String})) AS told,
    arrayMap(step -> arrayMap(name -> trimBoth(name), splitByChar('|', trimRight(step, '?'))), told) AS wanted,
    arrayMap(name -> trimBoth(name), splitByChar(',', {exclude:String})) AS unwanted,
    range(1, length(told) + 1) AS places,
    -- where an attempt may come from to each step: the one before, and those that optional ones lie between
    arrayMap(
        k -> arrayFilter(j -> arrayAll(i -> endsWith(told[i], '?'), range(j + 1, k)), range(1, k)), places
    ) AS earlier,
    if({window:Int64} > 0, {window:Int64} * 1000000, toInt64(1e18)) AS within,
    toInt64(-4e18) AS never,
    -- one bit a step, the lowest for what ends an attempt
    arrayDistinct(arrayConcat(arrayFlatten(wanted), unwanted)) AS kinds,
    arrayMap(
        kind -> toUInt16(has(unwanted, kind) + arraySum(arrayMap((names, k) -> if(has(names, kind), bitShiftLeft(toUInt16(1), k), 0), wanted, places))),
        kinds
    ) AS bits,
    events AS (
        SELECT
            cityHash64(customer_id) AS who,
            transform(activity, kinds, bits, 0) AS code,
            numbered(occurred_at, sequence, code) AS event,
            multiIf(
                {by:String} = 'brand', toString(brand),
                {by:String} = 'channel', toString(channel),
                {by:String} = 'month', toString(toDate32(dateTrunc('month', toDate32(occurred_at)))),
                ''
            ) AS of
        FROM touchpoints
        WHERE code > 0
            AND occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR brand = {brand:String})
            AND ({channel:String} = '' OR channel = {channel:String})
    ),
    sorted AS (
        SELECT
            if({by:String} = 'none', '', argMinIf(of, event, bitTest(code_of(event), 1))) AS grouped,
            arraySort(groupArray(event)) AS numbers,
            arrayFirstIndex(n -> bitAnd(code_of(n), 3) = 2, numbers) AS first_one,
            -- what comes before the first first step or after the last of the others changes nothing
            arrayMap(
                n -> (time_of(n), code_of(n)),
                arraySlice(numbers, first_one, greatest(toInt64(arrayLastIndex(n -> code_of(n) > 3, numbers)) - first_one, 0) + 1)
            ) AS happened
        FROM events AS e
        GROUP BY who
        HAVING first_one > 0
    ),
    -- for each step: when the newest attempt that came so far began, and which event was the first to
    came AS (
        SELECT
            grouped,
            happened,
            arrayFold(
                (sofar, now, place) -> CAST(
                    (
                        arrayMap(
                            (k, from) -> multiIf(
                                bitTest(now.2, 0), never,
                                NOT bitTest(now.2, k), sofar.1[k],
                                k = 1, if({attempts:String} = 'first' AND sofar.2[1] > 0, sofar.1[1], now.1),
                                from >= now.1 - within, from,
                                sofar.1[k]
                            ),
                            places, arrayMap(js -> arrayMax(arrayMap(j -> sofar.1[j], js)), earlier)
                        ),
                        arrayMap(
                            (k, from) -> if(
                                sofar.2[k] = 0 AND bitTest(now.2, k) AND NOT bitTest(now.2, 0) AND (k = 1 OR from >= now.1 - within),
                                place, sofar.2[k]
                            ),
                            places, arrayMap(js -> arrayMax(arrayMap(j -> sofar.1[j], js)), earlier)
                        )
                    ),
                    'Tuple(Array(Int64), Array(UInt32))'
                ),
                happened,
                arrayEnumerate(happened),
                CAST((arrayMap(k -> never, places), arrayMap(k -> 0, places)), 'Tuple(Array(Int64), Array(UInt32))')
            ).2 AS firsts
        FROM sorted
    ),
    -- the first attempt that came so far is the earliest one that was still in time
    took AS (
        SELECT
            grouped,
            arrayJoin(
                arrayMap(
                    (k, first) -> (
                        k,
                        if(
                            first = 0, -1,
                            happened[first].1 - arrayFirst(
                                (now, place) -> bitTest(now.2, 1) AND now.1 >= happened[first].1 - within
                                    AND place > arrayLastIndex(e -> bitTest(e.2, 0), arraySlice(happened, 1, first)),
                                happened, arrayEnumerate(happened)
                            ).1
                        )
                    ),
                    places, firsts
                )
            ) AS reached
        FROM came
        WHERE firsts[1] > 0
    )
SELECT
    grouped,
    reached.1 AS step,
    told[step] AS activity,
    countIf(reached.2 >= 0) AS customers,
    customers / first_value(customers) OVER (PARTITION BY grouped ORDER BY step) AS share,
    quantileExactInclusiveIf(0.5)(reached.2 / 1e6, reached.2 >= 0) AS median_s,
    quantileExactInclusiveIf(0.9)(reached.2 / 1e6, reached.2 >= 0) AS p90_s
FROM took
GROUP BY grouped, step
ORDER BY grouped, step
