-- Churn rate: customers lost in a period, of those who were customers at its start.
-- always: one row
-- param by: word = none (none, kind, brand, channel, persona, day, week, month) — splits the answer; each day, week or month is a period of its own; who held several personas at its start counts in each
-- param kind: word = any (any, orders, subscription) — only these customers
-- param brand: brand = — only customers of this brand; empty: all
-- param channel: channel = — only customers who began on this channel; empty: all
-- param since: time — where the period starts
-- param until: time — where it ends
-- column grouped: word — the value of by
-- column n: count — customers at the start
-- column lost: count — of them, those who were customers no more at the end
-- column cancelled: count — of those, by a subscription that was cancelled
-- column not_renewed: count — by one that was not renewed
-- column lapsed: count — by silence
-- column returned: count — customers at the start who were lost and came back within the period: not lost
-- column rate: share — lost of all at the start
-- interval rate: wilson(lost, n)
-- column starts_at: time — the start of the period
-- column ends_at: time — its end
WITH
    periods AS (
        SELECT
            label,
            greatest({since:DateTime64(6,'UTC')}, toDateTime64(first, 6, 'UTC')) AS starts,
            least({until:DateTime64(6,'UTC')}, toDateTime64(next, 6, 'UTC')) AS ends
        FROM (
            SELECT
                arrayJoin(range(toUInt32(greatest(0, multiIf(
                    {by:String} = 'day', dateDiff('day', {since:DateTime64(6,'UTC')}, {until:DateTime64(6,'UTC')}) + 1,
                    {by:String} = 'week', dateDiff('week', {since:DateTime64(6,'UTC')}, {until:DateTime64(6,'UTC')}) + 1,
                    {by:String} = 'month', dateDiff('month', {since:DateTime64(6,'UTC')}, {until:DateTime64(6,'UTC')}) + 1,
                    1
                ))))) AS k,
                multiIf(
                    {by:String} = 'day', addDays(toDate32({since:DateTime64(6,'UTC')}), k),
                    {by:String} = 'week', addWeeks(toDate32(dateTrunc('week', toDate32({since:DateTime64(6,'UTC')}))), k),
                    {by:String} = 'month', addMonths(toDate32(dateTrunc('month', toDate32({since:DateTime64(6,'UTC')}))), k),
                    toDate32('1900-01-01')
                ) AS first,
                multiIf(
                    {by:String} = 'day', addDays(first, 1),
                    {by:String} = 'week', addWeeks(first, 1),
                    {by:String} = 'month', addMonths(first, 1),
                    toDate32('2200-01-01')
                ) AS next,
                if({by:String} IN ('day', 'week', 'month'), toString(first), '') AS label
        )
        WHERE starts < ends
    ),
    customers AS (
        SELECT
            label,
            starts,
            ends,
            customer_id,
            argMax(toString(t.kind), (is_first, began_at, ordinal)) AS kind,
            argMax(toString(t.brand), (is_first, began_at, ordinal)) AS brand,
            argMax(toString(t.channel), (is_first, began_at, ordinal)) AS channel,
            argMax(toString(t.ended_by), (is_first, began_at, ordinal)) AS ended_by,
            max(is_first) AS at_start,
            max(is_first AND ended_at IS NOT NULL AND ended_at < ends) AS left,
            max(began_at < ends AND (ended_at IS NULL OR ended_at >= ends)) AS at_end
        FROM (
            SELECT *, began_at < starts AND (ended_at IS NULL OR ended_at >= starts) AS is_first
            FROM tenures
            CROSS JOIN periods
            WHERE began_at < ends AND (ended_at IS NULL OR ended_at >= starts)
        ) AS t
        GROUP BY label, starts, ends, customer_id
    ),
    held AS (
        SELECT customer_id, groupArray((toString(persona), since, until)) AS spans
        FROM personas
        WHERE {by:String} = 'persona'
        GROUP BY customer_id
    )
SELECT
    arrayJoin(if(
        {by:String} = 'persona',
        if(
            arrayExists(h -> h.2 <= starts AND (h.3 IS NULL OR h.3 > starts), spans),
            arrayDistinct(arrayMap(h -> h.1, arrayFilter(h -> h.2 <= starts AND (h.3 IS NULL OR h.3 > starts), spans))),
            ['']
        ),
        [multiIf(
            {by:String} = 'kind', kind,
            {by:String} = 'brand', brand,
            {by:String} = 'channel', channel,
            label
        )]
    )) AS grouped,
    count() AS n,
    countIf(left AND NOT at_end) AS lost,
    countIf(left AND NOT at_end AND ended_by = 'cancelled') AS cancelled,
    countIf(left AND NOT at_end AND ended_by = 'not_renewed') AS not_renewed,
    countIf(left AND NOT at_end AND ended_by = 'lapsed') AS lapsed,
    countIf(left AND at_end) AS returned,
    lost / n AS rate,
    min(starts) AS starts_at,
    max(ends) AS ends_at
FROM customers AS c
LEFT JOIN held AS h USING (customer_id)
WHERE at_start
    AND ({kind:String} = 'any' OR kind = {kind:String})
    AND ({brand:String} = '' OR brand = {brand:String})
    AND ({channel:String} = '' OR channel = {channel:String})
GROUP BY grouped
ORDER BY grouped
