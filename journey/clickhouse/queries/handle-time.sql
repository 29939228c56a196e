-- How long contacts were worked on: talk, hold and wrap-up, where that was reported.
-- always: one row
-- param by: word = none (none, brand, channel, team, agent, topic, persona, queue) — splits the answer; who holds several personas counts in each
-- param brand: word = — only this brand; empty: all
-- param channel: word = — only this channel; empty: all
-- param since: time = earliest — only contacts begun then or later
-- param until: time = latest — only contacts begun before
-- column grouped: word — the value of by
-- column n: count — contacts whose handling was reported
-- column mean_s: seconds — the mean handle time
-- column median_s: seconds — its median, interpolated
-- column p90_s: seconds — nine of ten took at most this
-- column talk_s: seconds — the mean talk time
-- column hold_s: seconds — the mean time on hold
-- column wrap_up_s: seconds — the mean time after it
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
    -- Whole microseconds add up the same in any order of parts and threads; floats do not.
    sum(toInt64(round(c.handle_s * 1e6))) / n / 1e6 AS mean_s,
    quantileExactInclusive(0.5)(c.handle_s) AS median_s,
    quantileExactInclusive(0.9)(c.handle_s) AS p90_s,
    sum(toInt64(round(c.talk_s * 1e6))) / n / 1e6 AS talk_s,
    sum(toInt64(round(c.hold_s * 1e6))) / n / 1e6 AS hold_s,
    sum(toInt64(round(c.wrap_up_s * 1e6))) / n / 1e6 AS wrap_up_s
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
