-- Who is new, who stays, who is away, period by period; each known customer is in one of the six.
-- param period: word = month (day, week, month) — in UTC, a week by its Monday
-- param only: activity = — only this activity; empty: all
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only what happened then or later
-- param until: time = latest — only what happened before
-- column period: date — its first day
-- column new: count — there for the first time
-- column current: count — there, and in the period before as well
-- column reactivated: count — there again after one period away
-- column resurrected: count — there again after two or more
-- column at_risk: count — away for the first period
-- column dormant: count — away for two or more
WITH
    there AS (
        SELECT
            sipHash64(customer_id) AS who,
            arraySort(groupUniqArray(toInt32(
                multiIf(
                    {period:String} = 'day', toInt32(toDate32(occurred_at)),
                    {period:String} = 'week', floor((toInt32(toDate32(occurred_at)) + 3) / 7),
                    (toYear(occurred_at) - 1970) * 12 + toMonth(occurred_at) - 1
                )
            ))) AS periods
        FROM touchpoints
        WHERE occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
            AND ({only:String} = '' OR activity = {only:String})
            AND ({brand:String} = '' OR brand = {brand:String})
            AND ({channel:String} = '' OR channel = {channel:String})
        GROUP BY who
    ),
    known AS (SELECT periods, max(periods[-1]) OVER () AS last FROM there),
    states AS (
        SELECT
            arrayJoin(
                arrayConcat(
                    arrayMap(
                        (now, before, n) -> (
                            now,
                            multiIf(n = 1, 'new', now - before = 1, 'current', now - before = 2, 'reactivated', 'resurrected')
                        ),
                        periods, arrayPushFront(arrayPopBack(periods), 0), arrayEnumerate(periods)
                    ),
                    arrayFlatten(
                        arrayMap(
                            (now, next) -> arrayMap(
                                away -> (away, if(away = now + 1, 'at_risk', 'dormant')),
                                arrayMap(n -> toInt32(n), range(now + 1, next))
                            ),
                            periods, arrayPushBack(arrayPopFront(periods), last + 1)
                        )
                    )
                )
            ) AS state
        FROM known
    )
SELECT
    multiIf(
        {period:String} = 'day', addDays(toDate32('1970-01-01'), state.1),
        {period:String} = 'week', addDays(toDate32('1969-12-29'), 7 * state.1),
        addMonths(toDate32('1970-01-01'), state.1)
    ) AS period,
    countIf(state.2 = 'new') AS new,
    countIf(state.2 = 'current') AS current,
    countIf(state.2 = 'reactivated') AS reactivated,
    countIf(state.2 = 'resurrected') AS resurrected,
    countIf(state.2 = 'at_risk') AS at_risk,
    countIf(state.2 = 'dormant') AS dormant
FROM states
GROUP BY period
ORDER BY period
