-- Channels compared: what comes in, how it is answered, solved and liked, and what it costs.
-- param by: word = none (none, topic, brand, month) — splits each channel's answer
-- param channel: channel = — only this channel; empty: all
-- param brand: brand = — only this brand; empty: all
-- param since: time = earliest — only what began then or later
-- param until: time = latest — only what began before
-- param costs: costs = {} — what a contact costs on each channel, as JSON; {}: unit_cost in the sections channels.NAME of journey.toml
-- column channel: word — the channel
-- column grouped: word — the value of by
-- column contacts: count — calls, and runs of messages without a long gap, that customers began
-- column customers: count — customers who began them
-- column turns: count — turns whose expectation has passed
-- column answered: count — of them, answered
-- column response_rate: share — the same of turns
-- interval response_rate: wilson(answered, turns)
-- column median_wait_s: seconds — the median time to an answer
-- column judged: count — conversations of which it is certain whether one contact resolved them
-- column first_contact: count — of them, resolved in one contact
-- column fcr: share — the same of judged
-- interval fcr: wilson(first_contact, judged)
-- column csat_n: count — answers to CSAT about conversations that began here, else given here
-- column satisfied: count — of them, satisfied
-- column csat: share — the same of all
-- interval csat: wilson(satisfied, csat_n)
-- column unit_cost: number — of a contact, as configured; null where it is not
-- column cost: number — of all contacts
-- column cost_per_resolution: number — the same for each conversation that one contact resolved
WITH
    (SELECT max(occurred_at) FROM touchpoints) AS newest,
    JSONExtract({costs:String}, 'Map(String, Float64)') AS cost_of,
    parts AS (
        SELECT toString(c.channel) AS channel, toString(c.topic) AS topic, toString(c.brand) AS brand, began_at AS at, customer_id,
            1 AS is_contact, 0 AS is_turn, 0 AS is_answered, NULL AS waited, 0 AS is_judged, 0 AS is_first, 0 AS is_csat, 0 AS is_satisfied
        FROM contacts AS c
        UNION ALL
        SELECT toString(t.channel), toString(t.topic), toString(t.brand), opened_at, customer_id,
            0, 1, outcome = 'answered', waited_s, 0, 0, 0, 0
        FROM turns AS t
        WHERE isNotNull(due_at) AND NOT (outcome = 'closed' AND ended_at <= due_at)
            AND (outcome = 'overdue' OR due_at <= newest)
        UNION ALL
        SELECT toString(r.channel), toString(r.topic), toString(r.brand), opened_at, customer_id,
            0, 0, 0, NULL, 1, verdict = 'first_contact', 0, 0
        FROM resolutions AS r
        WHERE verdict != 'undecided'
        UNION ALL
        SELECT if(began_on = '', toString(s.channel), began_on), toString(s.topic), toString(s.brand), answered_at, customer_id,
            0, 0, 0, NULL, 0, 0, 1, grade = 'satisfied'
        FROM scores AS s
        LEFT JOIN (
            SELECT conversation_id, toString(c.channel) AS began_on
            FROM conversations AS c
            WHERE conversation_id != ''
        ) AS talks USING (conversation_id)
        WHERE metric = 'csat'
    )
SELECT
    channel,
    multiIf(
        {by:String} = 'topic', topic,
        {by:String} = 'brand', brand,
        {by:String} = 'month', toString(toDate32(dateTrunc('month', toDate32(at)))),
        ''
    ) AS grouped,
    sum(is_contact) AS contacts,
    uniqExactIf(customer_id, is_contact) AS customers,
    sum(is_turn) AS turns,
    sum(is_answered) AS answered,
    answered / if(turns = 0, NULL, turns) AS response_rate,
    quantileExactInclusive(0.5)(waited) AS median_wait_s,
    sum(is_judged) AS judged,
    sum(is_first) AS first_contact,
    first_contact / if(judged = 0, NULL, judged) AS fcr,
    sum(is_csat) AS csat_n,
    sum(is_satisfied) AS satisfied,
    satisfied / if(csat_n = 0, NULL, csat_n) AS csat,
    if(mapContains(cost_of, channel), cost_of[channel], NULL) AS unit_cost,
    unit_cost * contacts AS cost,
    cost / if(first_contact = 0, NULL, first_contact) AS cost_per_resolution
FROM parts
WHERE at >= {since:DateTime64(6,'UTC')} AND at < {until:DateTime64(6,'UTC')}
    AND ({channel:String} = '' OR channel = {channel:String})
    AND ({brand:String} = '' OR brand = {brand:String})
GROUP BY channel, grouped
ORDER BY channel, grouped
