-- Net Promoter Score: the share of promoters minus the share of detractors, of each customer's latest answer.
-- always: one row
-- param by: word = none (none, persona, stage, channel, brand, agent, team, topic, day, week, month) — splits the answer; days in UTC, a week by its Monday; a customer of several personas counts in each
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param persona: persona = — only customers who held it then; empty: all
-- param since: time = earliest — only answers given then or later
-- param until: time = latest — only answers given before
-- column grouped: word — the value of by
-- column n: count — customers who answered: each by their latest answer in the window, in a day, week or month by their latest in it
-- column of: count — customers in all groups, each once: below the sum of n where groups overlap
-- column answers: count — all their answers
-- column promoters: count — 9 or 10, on 0 to 10
-- column passives: count — 7 or 8
-- column detractors: count — 0 to 6
-- column nps: number — percent promoters minus percent detractors, -100 to 100
-- interval nps: nps(promoters, detractors, n)
-- column first_at: time — the first answer that counts
-- column last_at: time — the last one
WITH latest AS (
    SELECT
        customer_id,
        multiIf(
            {by:String} = 'day', toString(toDate32(answered_at)),
            {by:String} = 'week', toString(toDate32(dateTrunc('week', toDate32(answered_at)))),
            {by:String} = 'month', toString(toDate32(dateTrunc('month', toDate32(answered_at)))),
            ''
        ) AS period,
        count() AS told,
        argMax(
            (answered_at, grade, stage, channel, brand, agent, team, topic, personas),
            (answered_at, sequence, event_id)
        ) AS last
    FROM scores
    WHERE metric = 'nps'
        AND answered_at >= {since:DateTime64(6,'UTC')} AND answered_at < {until:DateTime64(6,'UTC')}
        AND ({brand:String} = '' OR brand = {brand:String})
        AND ({channel:String} = '' OR channel = {channel:String})
        AND ({persona:String} = '' OR has(personas, {persona:String}))
    GROUP BY customer_id, period
)
SELECT
    arrayJoin(if(
        {by:String} = 'persona',
        if(empty(tupleElement(last, 9)), [''], tupleElement(last, 9)),
        [multiIf(
            {by:String} = 'stage', toString(tupleElement(last, 3)),
            {by:String} = 'channel', toString(tupleElement(last, 4)),
            {by:String} = 'brand', toString(tupleElement(last, 5)),
            {by:String} = 'agent', toString(tupleElement(last, 6)),
            {by:String} = 'team', toString(tupleElement(last, 7)),
            {by:String} = 'topic', toString(tupleElement(last, 8)),
            period
        )]
    )) AS grouped,
    count() AS n,
    round(sum(sum(1 / if({by:String} = 'persona', greatest(1, length(tupleElement(last, 9))), 1))) OVER ()) AS of,
    sum(told) AS answers,
    countIf(tupleElement(last, 2) = 'promoter') AS promoters,
    countIf(tupleElement(last, 2) = 'passive') AS passives,
    countIf(tupleElement(last, 2) = 'detractor') AS detractors,
    100 * (promoters - detractors) / n AS nps,
    min(tupleElement(last, 1)) AS first_at,
    max(tupleElement(last, 1)) AS last_at
FROM latest
GROUP BY grouped
ORDER BY grouped
