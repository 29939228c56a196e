-- How conversations ended, and how long they took to be resolved.
-- always: one row
-- param by: word = none (none, brand, channel, team, agent, topic, persona, day, week, month) — splits the answer; who holds several personas counts in each; days in UTC, a week by its Monday
-- param hours: word = clock (clock, business) — what counts: all time, or open time
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only conversations opened then or later
-- param until: time = latest — only conversations opened before
-- column grouped: word — the value of by
-- column n: count — conversations
-- column stated: count — resolved because somebody said so
-- column implied: count — resolved by silence after the last reply
-- column still_open: count — not resolved
-- column share_stated: share — stated of all
-- column share_implied: share — implied of all
-- column share_open: share — open of all
-- column resolved: count — stated and implied together, over which times are told
-- column median_s: seconds — the median time from the first message to the resolution, interpolated
-- column median_s_low: seconds — lower end of its 95 % interval, order statistics
-- column median_s_high: seconds — upper end of its 95 % interval, order statistics
-- column p90_s: seconds — nine of ten resolved ones took at most this
-- column mean_s: seconds — the mean
-- column sd_s: seconds — the standard deviation; null of one
-- column reopened: count — conversations that were opened again, once or more
-- column share_reopened: share — the same of all
-- interval share_open: wilson(still_open, n)
-- interval mean_s: student(mean_s, sd_s, resolved)
SELECT
    multiIf(
        {by:String} = 'brand', toString(brand),
        {by:String} = 'channel', toString(channel),
        {by:String} = 'team', toString(team),
        {by:String} = 'agent', toString(agent),
        {by:String} = 'topic', toString(topic),
        {by:String} = 'persona', persona,
        {by:String} = 'day', toString(toDate32(opened_at)),
        {by:String} = 'week', toString(toDate32(dateTrunc('week', toDate32(opened_at)))),
        {by:String} = 'month', toString(toDate32(dateTrunc('month', toDate32(opened_at)))),
        ''
    ) AS grouped,
    count() AS n,
    countIf(status = 'resolved' AND resolved_by = 'stated') AS stated,
    countIf(status = 'resolved' AND resolved_by = 'implied') AS implied,
    countIf(status != 'resolved') AS still_open,
    stated / n AS share_stated,
    implied / n AS share_implied,
    still_open / n AS share_open,
    count(took_s) AS resolved,
    quantileExactInclusive(0.5)(took_s) AS median_s,
    -- Order statistics, in the ranks of journey/metrics/intervals.py.
    if(count(took_s) < 6, NULL, arraySort(groupArray(took_s))[
        greatest(1, toInt64(floor((count(took_s) - 1.959963984540054 * sqrt(count(took_s))) / 2)))
    ]) AS median_s_low,
    if(count(took_s) < 6, NULL, arraySort(groupArray(took_s))[
        count(took_s) + 1 - greatest(1, toInt64(floor((count(took_s) - 1.959963984540054 * sqrt(count(took_s))) / 2)))
    ]) AS median_s_high,
    quantileExactInclusive(0.9)(took_s) AS p90_s,
    -- Whole microseconds add up the same in any order of parts and threads; floats do not.
    sum(toInt64(round(took_s * 1e6))) / count(took_s) / 1e6 AS mean_s,
    -- Milliseconds, so that squares of years still fit.
    if(count(took_s) < 2, NULL, sqrt(toFloat64(
        count(took_s) * sum(toInt128(round(took_s * 1e3)) * toInt128(round(took_s * 1e3)))
        - sum(toInt128(round(took_s * 1e3))) * sum(toInt128(round(took_s * 1e3)))
    ) / count(took_s) / (count(took_s) - 1)) / 1e3) AS sd_s,
    countIf(times_reopened > 0) AS reopened,
    reopened / n AS share_reopened
FROM
(
    SELECT
        opened_at,
        brand,
        channel,
        team,
        agent,
        topic,
        arrayJoin(if({by:String} = 'persona', if(empty(personas), [''], personas), [''])) AS persona,
        status,
        resolved_by,
        c.reopened AS times_reopened,
        if({hours:String} = 'business', resolution_business_s, resolution_s) AS took_s
    FROM conversations AS c
    WHERE opened_at >= {since:DateTime64(6,'UTC')} AND opened_at < {until:DateTime64(6,'UTC')}
        AND ({brand:String} = '' OR brand = {brand:String})
        AND ({channel:String} = '' OR channel = {channel:String})
)
GROUP BY grouped
ORDER BY grouped
