-- Cohorts by what customers began with, where, when or as whom: who comes back, and what they pay.
-- param by: word = activity (none, activity, channel, brand, month, persona) — what a cohort has in common: its first event, or what the customer held then; of several personas each counts
-- param period: word = month (day, week, month) — in UTC, a week by its Monday
-- param periods: positive = 12 — so many periods after the first
-- param first: activity = — the activity that begins; empty: any
-- param again: activities = — the activities that count as coming back, commas between; empty: any
-- param begins: word = once (once, every) — with the first of it alone, or in every period that has one
-- param counts: word = in (in, since) — there in that period, or in it or a later one
-- param currency: currency = — only this one's payments; empty: the one that most were in
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only what happened then or later
-- param until: time = latest — only what happened before
-- column grouped: word — the value of by
-- column after: count — periods later; 0 is the same one
-- column size: count — customers of the cohort for whom this period has begun by the last event
-- column customers: count — of them, those who were there
-- column share: share — the same of size
-- interval share: wilson(customers, size)
-- column revenue: number — what they paid in it, minus refunds
-- column per_customer: number — the same for each of size
-- column per_customer_to_date: number — the sum of that over this and all periods before
-- column currency: word — ISO 4217
WITH
    arrayMap(each -> trimBoth(each), splitByChar(',', {again:String})) AS returning,
    (SELECT arraySort(groupArray(toString(name))) FROM (SELECT activity AS name FROM touchpoints GROUP BY name)) AS activities,
    (SELECT groupArray(toString(name)) FROM (SELECT channel AS name FROM touchpoints GROUP BY name)) AS channels,
    (SELECT groupArray(toString(name)) FROM (SELECT brand AS name FROM touchpoints GROUP BY name)) AS brands,
    seen AS (
        SELECT
            cityHash64(customer_id) AS who,
            -- One number that sorts as events do, as tuples with texts take four times longer: 64 bits of
            -- time, 64 of the source's order, 32 each of activity, channel and brand.
            bitShiftLeft(toUInt256(toUnixTimestamp64Micro(occurred_at) + 2251799813685248), 160)
                + bitShiftLeft(toUInt256(bitXor(reinterpretAsUInt64(sequence), 9223372036854775808)), 96)
                + bitShiftLeft(toUInt256(transform(activity, activities, range(1, length(activities) + 1), 0)), 64)
                + transform(channel, channels, range(1, length(channels) + 1), 0) * 4294967296
                + transform(brand, brands, range(1, length(brands) + 1), 0) AS event,
            toInt32(toDate32(occurred_at)) AS day,
            toInt32(multiIf(
                {period:String} = 'day', day,
                {period:String} = 'week', floor((day + 3) / 7),
                (toYear(occurred_at) - 1970) * 12 + toMonth(occurred_at) - 1
            )) AS at,
            {first:String} = '' OR activity = {first:String} AS begins,
            {again:String} = '' OR has(returning, toString(activity)) AS counts,
            type IN ('order-placed', 'subscription-started', 'subscription-renewed', 'refunded') AS is_payment,
            if(is_payment, toInt64(round(ifNull(amount, 0) * 1e6)) * if(type = 'refunded', -1, 1), 0) AS micros,
            currency AS paid_in
        FROM touchpoints
        WHERE occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR brand = {brand:String})
            AND ({channel:String} = '' OR channel = {channel:String})
    ),
    if(
        {currency:String} != '',
        {currency:String},
        (
            SELECT any(toString(paid_in))
            FROM (SELECT paid_in FROM seen WHERE micros > 0 GROUP BY paid_in ORDER BY count() DESC, paid_in LIMIT 1)
        )
    ) AS main,
    (SELECT max(at) FROM seen) AS last,
    -- a customer's periods, each with the first event that begins one (0: none) and what was paid
    periods AS (
        SELECT
            who,
            at,
            minIf(event, begins) AS first_event,
            countIf(counts) > 0 AS was_there,
            sumIf(micros, paid_in = main) AS paid
        FROM seen
        GROUP BY who, at
    ),
    came AS (
        SELECT
            who,
            if(
                {begins:String} = 'once',
                [(minIf(at, first_event != 0), minIf(first_event, first_event != 0))],
                groupArrayIf((at, first_event), first_event != 0)
            ) AS begun,
            groupArrayIf(at, p.was_there) AS was_there,
            groupArrayIf((at, p.paid), p.paid != 0) AS paid
        FROM periods AS p
        GROUP BY who
        HAVING countIf(first_event != 0) > 0
    ),
    held AS (
        SELECT
            cityHash64(customer_id) AS who,
            groupArray((
                toUnixTimestamp64Micro(since), ifNull(toUnixTimestamp64Micro(until), toInt64(9e18)), toString(p.persona)
            )) AS personas
        FROM personas AS p
        WHERE {by:String} = 'persona'
        GROUP BY who
    ),
    beginnings AS (
        SELECT who, arrayJoin(begun) AS began, was_there, paid
        FROM came
    ),
    members AS (
        SELECT
            b.began.1 AS start,
            toInt64(bitShiftRight(b.began.2, 160)) - 2251799813685248 AS began_at,
            arrayFilter(h -> began_at >= h.1 AND began_at < h.2, h.personas).3 AS own,
            arrayJoin(multiIf(
                {by:String} = 'activity', [activities[toUInt32(bitAnd(bitShiftRight(b.began.2, 64), 4294967295))]],
                {by:String} = 'channel', [channels[toUInt32(bitAnd(bitShiftRight(b.began.2, 32), 4294967295))]],
                {by:String} = 'brand', [brands[toUInt32(bitAnd(b.began.2, 4294967295))]],
                {by:String} = 'month', [toString(toDate32(dateTrunc('month', toDate32(fromUnixTimestamp64Micro(began_at, 'UTC')))))],
                {by:String} = 'persona' AND notEmpty(own), own,
                ['']
            )) AS grouped,
            was_there,
            paid
        FROM beginnings AS b
        LEFT JOIN held AS h ON h.who = b.who
    ),
    counted AS (
        SELECT
            grouped,
            each.1 AS after,
            count() AS size,
            sum(each.2) AS customers,
            sum(each.3) AS micros
        FROM (
            SELECT
                grouped,
                arrayJoin(
                    arrayMap(
                        k -> (
                            k,
                            if({counts:String} = 'in', has(was_there, toInt32(start + k)), notEmpty(was_there) AND arrayMax(was_there) >= start + k),
                            arraySum(arrayMap(p -> if(p.1 = start + k, p.2, 0), paid))
                        ),
                        range(0, toUInt32(least(assumeNotNull(last) - start, {periods:UInt32}) + 1))
                    )
                ) AS each
            FROM members
        )
        GROUP BY grouped, after
    )
SELECT
    grouped,
    after,
    size,
    customers,
    customers / size AS share,
    micros / 1e6 AS revenue,
    micros / size / 1e6 AS per_customer,
    sum(micros / size / 1e6) OVER (PARTITION BY grouped ORDER BY after) AS per_customer_to_date,
    main AS currency
FROM counted
ORDER BY grouped, after
