-- The time to the first human reply, over the conversations that have one.
-- always: one row
-- param by: word = none (none, brand, channel, team, agent, topic, persona, day, week, month) — splits the answer; who holds several personas counts in each; days in UTC, a week by its Monday
-- param hours: word = clock (clock, business) — what counts: all time, or open time
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only conversations opened then or later
-- param until: time = latest — only conversations opened before
-- column grouped: word — the value of by
-- column n: count — conversations with a first reply
-- column min_s: seconds — the shortest time
-- column p25_s: seconds — the first quartile, interpolated like all quantiles here
-- column median_s: seconds — the median
-- column median_s_low: seconds — lower end of its 95 % interval, order statistics
-- column median_s_high: seconds — upper end of its 95 % interval, order statistics
-- column p75_s: seconds — the third quartile
-- column p90_s: seconds — nine of ten took at most this
-- column p95_s: seconds — 19 of 20 took at most this
-- column max_s: seconds — the longest time
-- column mean_s: seconds — the mean
-- column sd_s: seconds — the standard deviation; null of one
-- column within_1h: count — first replies within an hour (3600 s included)
-- column share_within_1h: share — the same of all first replies
-- interval mean_s: student(mean_s, sd_s, n)
-- interval share_within_1h: wilson(within_1h, n)
SELECT
    multiIf(
        {by:String} = 'brand', toString(brand),
        {by:String} = 'channel', toString(channel),
        {by:String} = 'team', toString(first_response_team),
        {by:String} = 'agent', toString(first_response_agent),
        {by:String} = 'topic', toString(topic),
        {by:String} = 'persona', persona,
        {by:String} = 'day', toString(toDate32(opened_at)),
        {by:String} = 'week', toString(toDate32(dateTrunc('week', toDate32(opened_at)))),
        {by:String} = 'month', toString(toDate32(dateTrunc('month', toDate32(opened_at)))),
        ''
    ) AS grouped,
    count() AS n,
    min(took_s) AS min_s,
    quantileExactInclusive(0.25)(took_s) AS p25_s,
    quantileExactInclusive(0.5)(took_s) AS median_s,
    -- Order statistics, in the ranks of journey/metrics/intervals.py.
    if(count(took_s) < 6, NULL, arraySort(groupArray(took_s))[
        greatest(1, toInt64(floor((count(took_s) - 1.959963984540054 * sqrt(count(took_s))) / 2)))
    ]) AS median_s_low,
    if(count(took_s) < 6, NULL, arraySort(groupArray(took_s))[
        count(took_s) + 1 - greatest(1, toInt64(floor((count(took_s) - 1.959963984540054 * sqrt(count(took_s))) / 2)))
    ]) AS median_s_high,
    quantileExactInclusive(0.75)(took_s) AS p75_s,
    quantileExactInclusive(0.9)(took_s) AS p90_s,
    quantileExactInclusive(0.95)(took_s) AS p95_s,
    max(took_s) AS max_s,
    -- Whole microseconds add up the same in any order of parts and threads; floats do not.
    sum(toInt64(round(took_s * 1e6))) / n / 1e6 AS mean_s,
    -- Milliseconds, so that squares of years still fit.
    if(count(took_s) < 2, NULL, sqrt(toFloat64(
        count(took_s) * sum(toInt128(round(took_s * 1e3)) * toInt128(round(took_s * 1e3)))
        - sum(toInt128(round(took_s * 1e3))) * sum(toInt128(round(took_s * 1e3)))
    ) / count(took_s) / (count(took_s) - 1)) / 1e3) AS sd_s,
    countIf(took_s <= 3600) AS within_1h,
    within_1h / n AS share_within_1h
FROM
(
    SELECT
        opened_at,
        brand,
        channel,
        first_response_team,
        first_response_agent,
        topic,
        arrayJoin(if({by:String} = 'persona', if(empty(personas), [''], personas), [''])) AS persona,
        if({hours:String} = 'business', first_response_business_s, first_response_s) AS took_s
    FROM conversations
    WHERE isNotNull(first_response_s)
        AND opened_at >= {since:DateTime64(6,'UTC')} AND opened_at < {until:DateTime64(6,'UTC')}
        AND ({brand:String} = '' OR brand = {brand:String})
        AND ({channel:String} = '' OR channel = {channel:String})
)
GROUP BY grouped
ORDER BY grouped
