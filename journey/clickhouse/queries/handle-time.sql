-- How long contacts were worked on: talk, hold and wrap-up, where that was reported.
-- always: one row
-- param by: word = none (none, brand, channel, team, agent, topic, persona, queue, day, week, month) — splits the answer; who holds several personas counts in each; days in UTC, a week by its Monday
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only contacts begun then or later
-- param until: time = latest — only contacts begun before
-- column grouped: word — the value of by
-- column n: count — contacts whose handling was reported
-- column mean_s: seconds — the mean handle time
-- column sd_s: seconds — the standard deviation; null of one
-- column median_s: seconds — its median, interpolated
-- column median_s_low: seconds — lower end of its 95 % interval, order statistics
-- column median_s_high: seconds — upper end of its 95 % interval, order statistics
-- column p90_s: seconds — nine of ten took at most this
-- column talk_s: seconds — the mean talk time
-- column hold_s: seconds — the mean time on hold
-- column wrap_up_s: seconds — the mean time after it
-- interval mean_s: student(mean_s, sd_s, n)
SELECT
    multiIf(
        {by:String} = 'brand', toString(brand),
        {by:String} = 'channel', toString(channel),
        {by:String} = 'team', toString(team),
        {by:String} = 'agent', toString(agent),
        {by:String} = 'topic', toString(topic),
        {by:String} = 'persona', persona,
        {by:String} = 'day', toString(toDate32(began_at)),
        {by:String} = 'week', toString(toDate32(dateTrunc('week', toDate32(began_at)))),
        {by:String} = 'month', toString(toDate32(dateTrunc('month', toDate32(began_at)))),
        {by:String} = 'queue', toString(queue),
        ''
    ) AS grouped,
    count() AS n,
    -- Whole microseconds add up the same in any order of parts and threads; floats do not.
    sum(toInt64(round(c.handle_s * 1e6))) / n / 1e6 AS mean_s,
    -- Milliseconds, so that squares of years still fit.
    if(count(c.handle_s) < 2, NULL, sqrt(toFloat64(
        count(c.handle_s) * sum(toInt128(round(c.handle_s * 1e3)) * toInt128(round(c.handle_s * 1e3)))
        - sum(toInt128(round(c.handle_s * 1e3))) * sum(toInt128(round(c.handle_s * 1e3)))
    ) / count(c.handle_s) / (count(c.handle_s) - 1)) / 1e3) AS sd_s,
    quantileExactInclusive(0.5)(c.handle_s) AS median_s,
    -- Order statistics, in the ranks of journey/metrics/intervals.py.
    if(count(c.handle_s) < 6, NULL, arraySort(groupArray(c.handle_s))[
        greatest(1, toInt64(floor((count(c.handle_s) - 1.959963984540054 * sqrt(count(c.handle_s))) / 2)))
    ]) AS median_s_low,
    if(count(c.handle_s) < 6, NULL, arraySort(groupArray(c.handle_s))[
        count(c.handle_s) + 1 - greatest(1, toInt64(floor((count(c.handle_s) - 1.959963984540054 * sqrt(count(c.handle_s))) / 2)))
    ]) AS median_s_high,
    quantileExactInclusive(0.9)(c.handle_s) AS p90_s,
    sum(toInt64(round(c.talk_s * 1e6))) / n / 1e6 AS talk_s,
    sum(toInt64(round(c.hold_s * 1e6))) / n / 1e6 AS hold_s,
    sum(toInt64(round(c.wrap_up_s * 1e6))) / n / 1e6 AS wrap_up_s
FROM
(
    SELECT
        began_at,
        brand,
        channel,
        team,
        agent,
        topic,
        queue,
        arrayJoin(if({by:String} = 'persona', if(empty(personas), [''], personas), [''])) AS persona,
        handle_s,
        talk_s,
        hold_s,
        wrap_up_s
    FROM contacts
    WHERE isNotNull(handle_s)
        AND began_at >= {since:DateTime64(6,'UTC')} AND began_at < {until:DateTime64(6,'UTC')}
        AND ({brand:String} = '' OR brand = {brand:String})
        AND ({channel:String} = '' OR channel = {channel:String})
) AS c
GROUP BY grouped
ORDER BY grouped
