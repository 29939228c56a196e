-- Handle time (AHT): how long people worked on a contact, talk, hold and wrap-up together.
-- always: one row
-- param by: word = none (none, brand, channel, agent, team, topic, persona, day, week, month) — splits the answer; days in UTC, a week by its Monday; who held several personas counts in each
-- param brand: word = — only this brand; empty: all
-- param channel: word = — only this channel; empty: all
-- param persona: word = — only customers who held it then; empty: all
-- param since: time = earliest — only contacts begun then or later
-- param until: time = latest — only contacts begun before
-- column grouped: word — the value of by
-- column n: count — contacts whose handle time was reported
-- column of: count — contacts in all groups, each once: below the sum of n where groups overlap
-- column contacts: count — all contacts
-- column median_s: seconds — the median, interpolated
-- column median_s_low: seconds — lower end of its 95 % interval, order statistics
-- column median_s_high: seconds — upper end of its 95 % interval, order statistics
-- column p90_s: seconds — nine of ten took at most this
-- column mean_s: seconds — the mean
-- column sd_s: seconds — the standard deviation; null of one
-- interval mean_s: student(mean_s, sd_s, n)
-- column talk_s: seconds — the mean time talked
-- column hold_s: seconds — the mean time on hold
-- column wrap_up_s: seconds — the mean time worked on after it
SELECT
    grouped,
    n,
    of,
    contacts,
    median_s,
    median_s_low,
    median_s_high,
    p90_s,
    mean_s,
    sd_s,
    talk_s,
    hold_s,
    wrap_up_s
FROM (
    SELECT
        arrayJoin(groups) AS grouped,
        count(handle_s) AS n,
        round(sum(sum(if(isNull(handle_s), 0, 1 / length(groups)))) OVER ()) AS of,
        count() AS contacts,
        -- Order statistics, as journey/metrics/intervals.py has them.
        arraySort(groupArray(handle_s)) AS sorted,
        length(sorted) AS m,
        greatest(1, toInt64(floor((m - 1.959963984540054 * sqrt(m)) / 2))) AS rank,
        quantileExactInclusive(0.5)(handle_s) AS median_s,
        if(m < 6, NULL, sorted[rank]) AS median_s_low,
        if(m < 6, NULL, sorted[m + 1 - rank]) AS median_s_high,
        quantileExactInclusive(0.9)(handle_s) AS p90_s,
        -- Whole microseconds add up the same in any order of parts and threads; floats do not.
        sum(toInt64(round(handle_s * 1e6))) / if(n = 0, NULL, n) / 1e6 AS mean_s,
        -- Milliseconds, so that squares of years still fit.
        if(count(handle_s) < 2, NULL, sqrt(toFloat64(
            count(handle_s) * sum(toInt128(round(handle_s * 1e3)) * toInt128(round(handle_s * 1e3)))
            - sum(toInt128(round(handle_s * 1e3))) * sum(toInt128(round(handle_s * 1e3)))
        ) / count(handle_s) / (count(handle_s) - 1)) / 1e3) AS sd_s,
        sumIf(toInt64(round(ifNull(t.talk_s, 0) * 1e6)), isNotNull(handle_s)) / if(n = 0, NULL, n) / 1e6 AS talk_s,
        sumIf(toInt64(round(ifNull(t.hold_s, 0) * 1e6)), isNotNull(handle_s)) / if(n = 0, NULL, n) / 1e6 AS hold_s,
        sumIf(toInt64(round(ifNull(t.wrap_up_s, 0) * 1e6)), isNotNull(handle_s)) / if(n = 0, NULL, n) / 1e6 AS wrap_up_s
    FROM (
        SELECT
            handle_s,
            talk_s,
            hold_s,
            wrap_up_s,
            multiIf(
                {by:String} = 'persona', if(empty(personas), [''], personas),
                [multiIf(
                    {by:String} = 'brand', toString(brand),
                    {by:String} = 'channel', toString(channel),
                    {by:String} = 'agent', toString(agent),
                    {by:String} = 'team', toString(team),
                    {by:String} = 'topic', toString(topic),
                    {by:String} = 'day', toString(toDate32(began_at)),
                    {by:String} = 'week', toString(toDate32(dateTrunc('week', toDate32(began_at)))),
                    {by:String} = 'month', toString(toDate32(dateTrunc('month', toDate32(began_at)))),
                    ''
                )]
            ) AS groups
        FROM (
            SELECT *
            FROM contacts
            LEFT JOIN (SELECT conversation_id, personas FROM conversations) AS held
                USING (conversation_id)
        )
        WHERE began_at >= {since:DateTime64(6,'UTC')} AND began_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR brand = {brand:String})
            AND ({channel:String} = '' OR channel = {channel:String})
            AND ({persona:String} = '' OR has(personas, {persona:String}))
    ) AS t
    GROUP BY grouped
)
ORDER BY grouped
