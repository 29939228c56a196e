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
            cityHash64(customer_id) AS who,
            -- The period's number: whole numbers are put together faster than dates. 700,000 days make
            -- all of them positive, as division rounds towards 0.
            intDiv(toUnixTimestamp64Micro(occurred_at) + 60480000000000000, 86400000000) AS days,
            toInt32(multiIf(
                {period:String} = 'day', days - 700000,
                {period:String} = 'week', intDiv(days + 3, 7) - 100000,
                (toYear(occurred_at) - 1970) * 12 + toMonth(occurred_at) - 1
            )) AS at,
            {first:String} = '' OR activity = {first:String} AS begins,
            {again:String} = '' OR activity = {again:String} AS counts
        FROM touchpoints
        WHERE occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR brand = {brand:String})
            AND ({channel:String} = '' OR channel = {channel:String})
    ),
    each AS (
        SELECT
            if({begins:String} = 'once', [minIf(at, begins)], groupUniqArrayIf(at, begins AND {begins:String} = 'every')) AS begun,
            arrayDistinct(groupArrayIf(at, counts)) AS was_there
        FROM seen
        GROUP BY who
        HAVING countIf(begins) > 0
    ),
    begun AS (
        SELECT arrayJoin(begun) AS start, was_there
        FROM each
    ),
    distances AS (
        SELECT
            start,
            arrayMap(at -> toInt32(at - start), arrayFilter(at -> at >= start, was_there)) AS told,
            if({counts:String} = 'in' OR empty(told), told, arrayMap(n -> toInt32(n), range(0, toUInt32(arrayMax(told)) + 1))) AS afters
        FROM begun
    ),
    -- -1 is everybody who began, counted in the same reading
    counted AS (
        SELECT start, arrayJoin(arrayPushFront(afters, -1)) AS after, count() AS customers
        FROM distances
        GROUP BY start, after
    ),
    sized AS (SELECT *, maxIf(customers, after = -1) OVER (PARTITION BY start) AS size FROM counted)
SELECT
    multiIf(
        {period:String} = 'day', addDays(toDate32('1970-01-01'), start),
        {period:String} = 'week', addDays(toDate32('1969-12-29'), 7 * start),
        addMonths(toDate32('1970-01-01'), start)
    ) AS cohort,
    size,
    after,
    customers,
    customers / size AS share
FROM sized
WHERE after >= 0
ORDER BY cohort, after
