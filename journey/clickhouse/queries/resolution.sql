-- How conversations ended, and how long they took to be resolved.
-- always: one row
-- param by: word = none (none, brand, channel, team, agent, topic, persona) — splits the answer; who holds several personas counts in each
-- param hours: word = clock (clock, business) — what counts: all time, or open time
-- param brand: word = — only this brand; empty: all
-- param channel: word = — only this channel; empty: all
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
-- column median_s: seconds — the median time from the first message to the resolution, interpolated
-- column p90_s: seconds — nine of ten resolved ones took at most this
-- column mean_s: seconds — the mean
-- column reopened: count — conversations that were opened again, once or more
-- column share_reopened: share — the same of all
SELECT
    multiIf(
        {by:String} = 'brand', toString(brand),
        {by:String} = 'channel', toString(channel),
        {by:String} = 'team', toString(team),
        {by:String} = 'agent', toString(agent),
        {by:String} = 'topic', toString(topic),
        {by:String} = 'persona', persona,
        ''
    ) AS grouped,
    count() AS n,
    countIf(status = 'resolved' AND resolved_by = 'stated') AS stated,
    countIf(status = 'resolved' AND resolved_by = 'implied') AS implied,
    countIf(status != 'resolved') AS still_open,
    stated / n AS share_stated,
    implied / n AS share_implied,
    still_open / n AS share_open,
    quantileExactInclusive(0.5)(took_s) AS median_s,
    quantileExactInclusive(0.9)(took_s) AS p90_s,
    -- Whole microseconds add up the same in any order of parts and threads; floats do not.
    sum(toInt64(round(took_s * 1e6))) / count(took_s) / 1e6 AS mean_s,
    countIf(times_reopened > 0) AS reopened,
    reopened / n AS share_reopened
FROM
(
    SELECT
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
