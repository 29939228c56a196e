-- Customer effort: the mean answer and the share of easy ones, on 1 (hard) to 7 (easy).
-- always: one row
-- param by: word = none (none, persona, stage, channel, brand, agent, team, topic, day, week, month) — splits the answer; days in UTC, a week by its Monday; a customer of several personas counts in each
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param persona: persona = — only customers who held it then; empty: all
-- param since: time = earliest — only answers given then or later
-- param until: time = latest — only answers given before
-- column grouped: word — the value of by
-- column n: count — answers
-- column of: count — answers in all groups, each once: below the sum of n where groups overlap
-- column customers: count — customers who gave them
-- column easy: count — answers of 5 to 7
-- column share: share — the same of all answers
-- interval share: wilson(easy, n)
-- column mean: number — the mean answer, on 1 to 7
-- column sd: number — the standard deviation of that; null of one answer
-- interval mean: student(mean, sd, n)
-- column first_at: time — the first answer
-- column last_at: time — the last one
SELECT
    arrayJoin(groups) AS grouped,
    count() AS n,
    round(sum(sum(1 / length(groups))) OVER ()) AS of,
    uniqExact(customer_id) AS customers,
    countIf(grade = 'easy') AS easy,
    easy / n AS share,
    -- Millionths add up the same in any order of parts and threads; floats do not.
    sum(toInt64(round(value * 1e6))) / n / 1e6 AS mean,
    if(n < 2, NULL, sqrt(toFloat64(
        n * sum(toInt128(round(value * 1e6)) * toInt128(round(value * 1e6)))
        - sum(toInt128(round(value * 1e6))) * sum(toInt128(round(value * 1e6)))
    ) / n / (n - 1)) / 1e6) AS sd,
    min(answered_at) AS first_at,
    max(answered_at) AS last_at
FROM (
    SELECT
        customer_id, answered_at, grade, value,
        multiIf(
            {by:String} = 'persona', if(empty(personas), [''], personas),
            [multiIf(
                {by:String} = 'stage', toString(stage),
                {by:String} = 'channel', toString(channel),
                {by:String} = 'brand', toString(brand),
                {by:String} = 'agent', toString(agent),
                {by:String} = 'team', toString(team),
                {by:String} = 'topic', toString(topic),
                {by:String} = 'day', toString(toDate32(answered_at)),
                {by:String} = 'week', toString(toDate32(dateTrunc('week', toDate32(answered_at)))),
                {by:String} = 'month', toString(toDate32(dateTrunc('month', toDate32(answered_at)))),
                ''
            )]
        ) AS groups
    FROM scores
    WHERE metric = 'ces'
        AND answered_at >= {since:DateTime64(6,'UTC')} AND answered_at < {until:DateTime64(6,'UTC')}
        AND ({brand:String} = '' OR brand = {brand:String})
        AND ({channel:String} = '' OR channel = {channel:String})
        AND ({persona:String} = '' OR has(personas, {persona:String}))
)
GROUP BY grouped
ORDER BY grouped
