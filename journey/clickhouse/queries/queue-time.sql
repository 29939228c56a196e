-- How long callers were in queues, and how many hung up there.
-- always: one row
-- param by: word = none (none, brand, channel, team, agent, topic, persona, queue) — splits the answer; who holds several personas counts in each
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only calls begun then or later
-- param until: time = latest — only calls begun before
-- column grouped: word — the value of by
-- column n: count — calls that left a queue
-- column abandoned: count — of these, the caller hung up
-- column share_abandoned: share — the same of all
-- column in_time: count — taken within the expectation
-- column share_in_time: share — the service level: the same of all
-- column within_1h: count — taken within an hour (3600 s included)
-- column share_within_1h: share — the same of all
-- column mean_s: seconds — the mean time in queues, of either
-- column median_s: seconds — its median, interpolated
-- column p90_s: seconds — nine of ten waited at most this
-- column max_s: seconds — the longest
SELECT
    multiIf(
        {by:String} = 'brand', toString(brand),
        {by:String} = 'channel', toString(channel),
        {by:String} = 'team', toString(team),
        {by:String} = 'agent', toString(agent),
        {by:String} = 'topic', toString(topic),
        {by:String} = 'persona', persona,
        {by:String} = 'queue', toString(queue),
        ''
    ) AS grouped,
    count() AS n,
    countIf(phase = 'abandoned') AS abandoned,
    abandoned / n AS share_abandoned,
    countIf(phase != 'abandoned' AND queue_s <= expectation_s) AS in_time,
    in_time / n AS share_in_time,
    countIf(phase != 'abandoned' AND queue_s <= 3600) AS within_1h,
    within_1h / n AS share_within_1h,
    -- Whole microseconds add up the same in any order of parts and threads; floats do not.
    sum(toInt64(round(queue_s * 1e6))) / n / 1e6 AS mean_s,
    quantileExactInclusive(0.5)(queue_s) AS median_s,
    quantileExactInclusive(0.9)(queue_s) AS p90_s,
    max(queue_s) AS max_s
FROM
(
    SELECT
        brand,
        channel,
        team,
        agent,
        topic,
        queue,
        arrayJoin(if({by:String} = 'persona', if(empty(personas), [''], personas), [''])) AS persona,
        phase,
        queue_s,
        expectation_s
    FROM contacts
    WHERE isNotNull(queue_s)
        AND began_at >= {since:DateTime64(6,'UTC')} AND began_at < {until:DateTime64(6,'UTC')}
        AND ({brand:String} = '' OR brand = {brand:String})
        AND ({channel:String} = '' OR channel = {channel:String})
)
GROUP BY grouped
ORDER BY grouped
