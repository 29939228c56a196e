-- The time to the first human reply, over the conversations that have one.
-- always: one row
-- param by: word = none (none, brand, channel, agent, team, topic, persona, day, week, month) — splits the answer; days in UTC, a week by its Monday; who held several personas counts in each
-- param brand: word = — only this brand; empty: all
-- param channel: word = — only this channel; empty: all
-- param persona: word = — only customers who held it then; empty: all
-- param goal_s: number = 3600 — a time to reply in, in seconds
-- param since: time = earliest — only conversations opened then or later
-- param until: time = latest — only conversations opened before
-- column grouped: word — the value of by
-- column n: count — conversations with a first reply
-- column of: count — conversations in all groups, each once: below the sum of n where groups overlap
-- column min_s: seconds — the shortest time
-- column p25_s: seconds — the first quartile, interpolated like all quantiles here
-- column median_s: seconds — the median, interpolated
-- column median_s_low: seconds — lower end of its 95 % interval, order statistics
-- column median_s_high: seconds — upper end of its 95 % interval, order statistics
-- column p75_s: seconds — the third quartile
-- column p90_s: seconds — nine of ten took at most this
-- column p95_s: seconds — 19 of 20 took at most this
-- column max_s: seconds — the longest time
-- column mean_s: seconds — the mean
-- column sd_s: seconds — the standard deviation; null of one
-- interval mean_s: student(mean_s, sd_s, n)
-- column within_1h: count — first replies within an hour (3600 s included)
-- column share_within_1h: share — the same of all first replies
-- interval share_within_1h: wilson(within_1h, n)
-- column within_goal: count — first replies within goal_s
-- column share_within_goal: share — the same of all first replies
-- interval share_within_goal: wilson(within_goal, n)
SELECT
    grouped,
    n,
    of,
    min_s,
    p25_s,
    median_s,
    median_s_low,
    median_s_high,
    p75_s,
    p90_s,
    p95_s,
    max_s,
    mean_s,
    sd_s,
    within_1h,
    share_within_1h,
    within_goal,
    share_within_goal
FROM (
    SELECT
        arrayJoin(groups) AS grouped,
        count() AS n,
        round(sum(sum(1 / length(groups))) OVER ()) AS of,
        -- Order statistics, as journey/metrics/intervals.py has them.
        arraySort(groupArray(first_response_s)) AS sorted,
        length(sorted) AS m,
        greatest(1, toInt64(floor((m - 1.959963984540054 * sqrt(m)) / 2))) AS rank,
        min(first_response_s) AS min_s,
        quantileExactInclusive(0.25)(first_response_s) AS p25_s,
        quantileExactInclusive(0.5)(first_response_s) AS median_s,
        if(m < 6, NULL, sorted[rank]) AS median_s_low,
        if(m < 6, NULL, sorted[m + 1 - rank]) AS median_s_high,
        quantileExactInclusive(0.75)(first_response_s) AS p75_s,
        quantileExactInclusive(0.9)(first_response_s) AS p90_s,
        quantileExactInclusive(0.95)(first_response_s) AS p95_s,
        max(first_response_s) AS max_s,
        -- Whole microseconds add up the same in any order of parts and threads; floats do not.
        sum(toInt64(round(first_response_s * 1e6))) / n / 1e6 AS mean_s,
        -- Milliseconds, so that squares of years still fit.
        if(count(first_response_s) < 2, NULL, sqrt(toFloat64(
            count(first_response_s) * sum(toInt128(round(first_response_s * 1e3)) * toInt128(round(first_response_s * 1e3)))
            - sum(toInt128(round(first_response_s * 1e3))) * sum(toInt128(round(first_response_s * 1e3)))
        ) / count(first_response_s) / (count(first_response_s) - 1)) / 1e3) AS sd_s,
        countIf(first_response_s <= 3600) AS within_1h,
        within_1h / n AS share_within_1h,
        countIf(first_response_s <= {goal_s:Float64}) AS within_goal,
        within_goal / n AS share_within_goal
    FROM (
        SELECT
            assumeNotNull(c.first_response_s) AS first_response_s,
            multiIf(
                {by:String} = 'persona', if(empty(personas), [''], personas),
                [multiIf(
                    {by:String} = 'brand', toString(brand),
                    {by:String} = 'channel', toString(channel),
                    {by:String} = 'agent', toString(agent),
                    {by:String} = 'team', toString(team),
                    {by:String} = 'topic', toString(topic),
                    {by:String} = 'day', toString(toDate32(opened_at)),
                    {by:String} = 'week', toString(toDate32(dateTrunc('week', toDate32(opened_at)))),
                    {by:String} = 'month', toString(toDate32(dateTrunc('month', toDate32(opened_at)))),
                    ''
                )]
            ) AS groups
        FROM conversations AS c
        WHERE isNotNull(c.first_response_s)
            AND opened_at >= {since:DateTime64(6,'UTC')} AND opened_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR brand = {brand:String})
            AND ({channel:String} = '' OR channel = {channel:String})
            AND ({persona:String} = '' OR has(personas, {persona:String}))
    )
    GROUP BY grouped
)
ORDER BY grouped
