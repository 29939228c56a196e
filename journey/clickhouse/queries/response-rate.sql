-- Response rate: turns that were answered, of those whose expectation has passed.
-- always: one row
-- param by: word = none (none, brand, channel, agent, team, topic, persona, day, week, month) — splits the answer; days in UTC, a week by its Monday; who held several personas counts in each
-- param brand: word = — only this brand; empty: all
-- param channel: word = — only this channel; empty: all
-- param persona: word = — only customers who held it then; empty: all
-- param since: time = earliest — only turns begun then or later
-- param until: time = latest — only turns begun before
-- column grouped: word — the value of by
-- column n: count — turns whose expectation has passed; praise, thanks and spam are not asked about
-- column of: count — turns, passed or not, in all groups, each once: below the sum of n where groups overlap
-- column answered: count — of them, answered, late or not
-- column rate: share — the same of n
-- interval rate: wilson(answered, n)
-- column in_time: count — of n, answered within the expectation
-- column share_in_time: share — the same of n
-- interval share_in_time: wilson(in_time, n)
-- column within_1h: count — of n, answered within an hour, whatever is expected
-- column share_within_1h: share — the same of n
-- interval share_within_1h: wilson(within_1h, n)
-- column pending: count — turns whose expectation has not passed
-- column closed: count — turns that were settled without an answer before it passed
-- column first_at: time — when the first of n began
-- column last_at: time — when the last one began
WITH (SELECT max(occurred_at) FROM touchpoints) AS newest
SELECT
    arrayJoin(groups) AS grouped,
    countIf(is_passed) AS n,
    round(sum(sum(1 / length(groups))) OVER ()) AS of,
    countIf(is_passed AND outcome = 'answered') AS answered,
    answered / if(n = 0, NULL, n) AS rate,
    countIf(is_passed AND outcome = 'answered' AND ended_at <= due_at) AS in_time,
    in_time / if(n = 0, NULL, n) AS share_in_time,
    countIf(is_passed AND outcome = 'answered' AND waited_s <= 3600) AS within_1h,
    within_1h / if(n = 0, NULL, n) AS share_within_1h,
    countIf(NOT is_passed AND NOT is_closed) AS pending,
    countIf(is_closed) AS closed,
    minOrNullIf(opened_at, is_passed) AS first_at,
    maxOrNullIf(opened_at, is_passed) AS last_at
FROM (
    SELECT
        opened_at,
        due_at,
        ended_at,
        outcome,
        waited_s,
        outcome = 'closed' AND ended_at <= due_at AS is_closed,
        NOT is_closed AND (outcome = 'overdue' OR due_at <= newest) AS is_passed,
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
    FROM turns
    WHERE isNotNull(due_at)
        AND opened_at >= {since:DateTime64(6,'UTC')} AND opened_at < {until:DateTime64(6,'UTC')}
        AND ({brand:String} = '' OR brand = {brand:String})
        AND ({channel:String} = '' OR channel = {channel:String})
        AND ({persona:String} = '' OR has(personas, {persona:String}))
)
GROUP BY grouped
ORDER BY grouped
