-- Who comes back: customers by the period they began in, and in how many of the later ones they were there.
-- param period: word = week (day, week, month) — in UTC, a week by its Monday
-- param first: activity = — the activity that begins; empty: any
-- param again: activity = — the activity that counts as coming back; empty: any
-- param begins: word = once (once, every) — with the first of it alone, or in every period that has one
-- param counts: word = in (in, since) — there in that period, or in it or a later one
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only what happened then or later
-- param until: time = latest — only what happened before
-- column cohort: date — the first day of the period they began in
-- column size: count — customers who began in it
-- column after: count — periods later; 0 is the same one
-- column customers: count — of them, those who were there
-- column share: share — the same of the cohort
WITH
    seen AS (
        SELECT
            sipHash64(customer_id) AS who,
            multiIf(
                {period:String} = 'day', toDate32(occurred_at),
                {period:String} = 'week', toDate32(dateTrunc('week', toDate32(occurred_at))),
                toDate32(dateTrunc('month', toDate32(occurred_at)))
            ) AS at,
            {first:String} = '' OR activity = {first:String} AS begins,
            {again:String} = '' OR activity = {again:String} AS counts
        FROM touchpoints
        WHERE occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR brand = {brand:String})
            AND ({channel:String} = '' OR channel = {channel:String})
    ),
    each AS (
        SELECT
            groupUniqArrayIf(at, begins) AS begun,
            groupUniqArrayIf(at, counts) AS was_there
        FROM seen
        GROUP BY who
        HAVING notEmpty(begun)
    ),
    begun AS (
        SELECT arrayJoin(if({begins:String} = 'once', [arrayMin(begun)], begun)) AS cohort, was_there
        FROM each
    ),
    distances AS (
        SELECT
            cohort,
            arrayMap(
                day -> toInt32(multiIf(
                    {period:String} = 'day', dateDiff('day', cohort, day),
                    {period:String} = 'week', intDiv(dateDiff('day', cohort, day), 7),
                    dateDiff('month', cohort, day)
                )),
                arrayFilter(day -> day >= cohort, was_there)
            ) AS told,
            if({counts:String} = 'in' OR empty(told), told, arrayMap(n -> toInt32(n), range(0, toUInt32(arrayMax(told)) + 1))) AS afters
        FROM begun
    ),
    -- -1 is everybody who began, counted in the same reading
    counted AS (
        SELECT cohort, arrayJoin(arrayPushFront(afters, -1)) AS after, count() AS customers
        FROM distances
        GROUP BY cohort, after
    ),
    sized AS (SELECT *, maxIf(customers, after = -1) OVER (PARTITION BY cohort) AS size FROM counted)
SELECT cohort, size, after, customers, customers / size AS share
FROM sized
WHERE after >= 0
ORDER BY cohort, after
