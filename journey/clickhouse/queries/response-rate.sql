-- How many turns got an answer, of those whose expectation has passed; no praise, thanks, spam.
-- always: one row
-- param by: word = none (none, brand, channel, team, agent, topic, persona, day, week, month) — splits the answer; who holds several personas counts in each; days in UTC, a week by its Monday
-- param hours: word = clock (clock, business) — what counts: all time, or open time
-- param now: time = latest — turns that are due later do not count yet; without it, answered ones do at once
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only turns opened then or later
-- param until: time = latest — only turns opened before
-- column grouped: word — the value of by
-- column n: count — turns whose expectation has passed, closed ones only if it passed before that
-- column answered: count — of these, answered, in time or late
-- column share_answered: share — the response rate
-- column in_time: count — of these, answered before it passed, or as it did
-- column share_in_time: share — the same of all
-- column waiting: count — of these, still without an answer
-- column within_1h: count — answered within an hour (3600 s included)
-- column share_within_1h: share — the same of all
-- column median_s: seconds — the median time to an answer, interpolated
-- column p90_s: seconds — nine of ten answers took at most this
-- interval share_answered: wilson(answered, n)
-- interval share_in_time: wilson(in_time, n)
-- interval share_within_1h: wilson(within_1h, n)
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
    countIf(outcome = 'answered') AS answered,
    answered / n AS share_answered,
    countIf(outcome = 'answered' AND ended_at <= due_at) AS in_time,
    in_time / n AS share_in_time,
    countIf(outcome = 'overdue') AS waiting,
    countIf(took_s <= 3600) AS within_1h,
    within_1h / n AS share_within_1h,
    quantileExactInclusive(0.5)(took_s) AS median_s,
    quantileExactInclusive(0.9)(took_s) AS p90_s
FROM
(
    SELECT
        opened_at,
        brand,
        channel,
        team,
        agent,
        topic,
        outcome,
        ended_at,
        due_at,
        arrayJoin(if({by:String} = 'persona', if(empty(personas), [''], personas), [''])) AS persona,
        if({hours:String} = 'business', waited_business_s, waited_s) AS took_s
    FROM turns
    WHERE due_at <= {now:DateTime64(6,'UTC')}
        AND (outcome IN ('answered', 'overdue') OR (outcome = 'closed' AND ended_at > due_at))
        AND opened_at >= {since:DateTime64(6,'UTC')} AND opened_at < {until:DateTime64(6,'UTC')}
        AND ({brand:String} = '' OR brand = {brand:String})
        AND ({channel:String} = '' OR channel = {channel:String})
)
GROUP BY grouped
ORDER BY grouped
