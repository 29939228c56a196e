-- How conversations ended, and how long it took (ART: the mean and the median).
-- always: one row
-- param by: word = none (none, brand, channel, agent, team, topic, persona, day, week, month) — splits the answer; days in UTC, a week by its Monday; who held several personas counts in each
-- param brand: word = — only this brand; empty: all
-- param channel: word = — only this channel; empty: all
-- param persona: word = — only customers who held it then; empty: all
-- param goal_s: number = 86400 — a time to resolve in, in seconds
-- param since: time = earliest — only conversations opened then or later
-- param until: time = latest — only conversations opened before
-- column grouped: word — the value of by
-- column n: count — conversations
-- column of: count — conversations in all groups, each once: below the sum of n where groups overlap
-- column stated: count — resolved because somebody said so
-- column implied: count — resolved by silence after the last reply
-- column still_open: count — not resolved
-- column share_stated: share — stated of all
-- column share_implied: share — implied of all
-- column share_open: share — open of all
-- column resolved: count — stated and implied together, over which times are told
-- column median_s: seconds — the median, interpolated
-- column median_s_low: seconds — lower end of its 95 % interval, order statistics
-- column median_s_high: seconds — upper end of its 95 % interval, order statistics
-- column p90_s: seconds — nine of ten resolved ones took at most this
-- column mean_s: seconds — the mean time from the first message to the resolution
-- column sd_s: seconds — the standard deviation; null of one
-- interval mean_s: student(mean_s, sd_s, resolved)
-- column within_goal: count — resolved within goal_s
-- column share_within_goal: share — the same of all resolved ones
-- interval share_within_goal: wilson(within_goal, resolved)
SELECT
    grouped,
    n,
    of,
    stated,
    implied,
    still_open,
    share_stated,
    share_implied,
    share_open,
    resolved,
    median_s,
    median_s_low,
    median_s_high,
    p90_s,
    mean_s,
    sd_s,
    within_goal,
    share_within_goal
FROM (
    SELECT
        arrayJoin(groups) AS grouped,
        count() AS n,
        round(sum(sum(1 / length(groups))) OVER ()) AS of,
        -- Order statistics, as journey/metrics/intervals.py has them.
        arraySort(groupArray(took_s)) AS sorted,
        length(sorted) AS m,
        greatest(1, toInt64(floor((m - 1.959963984540054 * sqrt(m)) / 2))) AS rank,
        countIf(status = 'resolved' AND resolved_by = 'stated') AS stated,
        countIf(status = 'resolved' AND resolved_by = 'implied') AS implied,
        countIf(status != 'resolved') AS still_open,
        stated / n AS share_stated,
        implied / n AS share_implied,
        still_open / n AS share_open,
        count(took_s) AS resolved,
        quantileExactInclusive(0.5)(took_s) AS median_s,
        if(m < 6, NULL, sorted[rank]) AS median_s_low,
        if(m < 6, NULL, sorted[m + 1 - rank]) AS median_s_high,
        quantileExactInclusive(0.9)(took_s) AS p90_s,
        -- Whole microseconds add up the same in any order of parts and threads; floats do not.
        sum(toInt64(round(took_s * 1e6))) / if(resolved = 0, NULL, resolved) / 1e6 AS mean_s,
        -- Milliseconds, so that squares of years still fit.
        if(count(took_s) < 2, NULL, sqrt(toFloat64(
            count(took_s) * sum(toInt128(round(took_s * 1e3)) * toInt128(round(took_s * 1e3)))
            - sum(toInt128(round(took_s * 1e3))) * sum(toInt128(round(took_s * 1e3)))
        ) / count(took_s) / (count(took_s) - 1)) / 1e3) AS sd_s,
        countIf(took_s <= {goal_s:Float64}) AS within_goal,
        within_goal / if(resolved = 0, NULL, resolved) AS share_within_goal
    FROM (
        SELECT
            status,
            resolved_by,
            if(
                status = 'resolved',
                (toUnixTimestamp64Micro(resolved_at) - toUnixTimestamp64Micro(opened_at)) / 1e6,
                NULL
            ) AS took_s,
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
        FROM conversations
        WHERE opened_at >= {since:DateTime64(6,'UTC')} AND opened_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR brand = {brand:String})
            AND ({channel:String} = '' OR channel = {channel:String})
            AND ({persona:String} = '' OR has(personas, {persona:String}))
    )
    GROUP BY grouped
)
ORDER BY grouped
