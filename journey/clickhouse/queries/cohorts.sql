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
    seen AS (
        SELECT
            customer_id,
            occurred_at,
            sequence,
            activity,
            channel,
            brand,
            toInt32(multiIf(
                {period:String} = 'day', toInt32(toDate32(occurred_at)),
                {period:String} = 'week', floor((toInt32(toDate32(occurred_at)) + 3) / 7),
                (toYear(occurred_at) - 1970) * 12 + toMonth(occurred_at) - 1
            )) AS at,
            {first:String} = '' OR activity = {first:String} AS begins,
            {again:String} = '' OR has(returning, toString(activity)) AS counts,
            type IN ('order-placed', 'subscription-started', 'subscription-renewed', 'refunded') AS is_payment,
            if(is_payment, toInt64(round(ifNull(amount, 0) * 1e6)) * if(type = 'refunded', -1, 1), 0) AS micros,
            toString(t.currency) AS paid_in
        FROM touchpoints AS t
        WHERE occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR brand = {brand:String})
            AND ({channel:String} = '' OR channel = {channel:String})
    ),
    if(
        {currency:String} != '',
        {currency:String},
        (
            SELECT any(paid_in)
            FROM (SELECT paid_in FROM seen WHERE micros > 0 GROUP BY paid_in ORDER BY count() DESC, paid_in LIMIT 1)
        )
    ) AS main,
    (SELECT max(at) FROM seen) AS last,
    begun AS (
        SELECT
            customer_id,
            min(at) AS start,
            min(occurred_at) AS began_at,
            argMin((toString(activity), toString(channel), toString(brand)), (occurred_at, sequence, toString(activity))) AS with
        FROM seen
        WHERE begins
        GROUP BY customer_id, if({begins:String} = 'once', 0, at)
    ),
    came AS (
        SELECT
            customer_id,
            groupUniqArrayIf(at, counts) AS was_there,
            groupArrayIf((at, micros), micros != 0 AND paid_in = main) AS paid
        FROM seen
        GROUP BY customer_id
    ),
    held AS (
        SELECT
            customer_id,
            groupArray((since, ifNull(until, toDateTime64('2299-01-01 00:00:00', 6, 'UTC')), toString(p.persona))) AS personas
        FROM personas AS p
        WHERE {by:String} = 'persona'
        GROUP BY customer_id
    ),
    members AS (
        SELECT
            arrayFilter(h -> b.began_at >= h.1 AND b.began_at < h.2, h.personas).3 AS own,
            arrayJoin(multiIf(
                {by:String} = 'activity', [with.1],
                {by:String} = 'channel', [with.2],
                {by:String} = 'brand', [with.3],
                {by:String} = 'month', [toString(toDate32(dateTrunc('month', toDate32(b.began_at))))],
                {by:String} = 'persona' AND notEmpty(own), own,
                ['']
            )) AS grouped,
            start,
            was_there,
            paid
        FROM begun AS b
        INNER JOIN came AS c ON c.customer_id = b.customer_id
        LEFT JOIN held AS h ON h.customer_id = b.customer_id
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
