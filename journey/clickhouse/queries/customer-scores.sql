-- One customer's scores over time: every answer and review, and how it changed.
-- param customer: customer — by id or identity, as journey timeline takes it
-- param metric: metric = — only this one, such as nps; empty: all
-- param since: time = earliest — only answers given then or later
-- param until: time = latest — only answers given before
-- column answered_at: time — when the customer answered
-- column metric: word — nps, csat, ces, review, a survey's own name, or unnamed
-- column score: number — as it was given
-- column scale_max: number — the highest score of its scale
-- column value: number — on the metric's common scale, best highest
-- column change: number — since the answer before it to the same metric; null for the first
-- column mean: number — the mean of this and all before it, same metric
-- column grade: word — such as promoter, satisfied, easy
-- column channel: word — where it was answered
-- column brand: word — which of the business's names was meant
-- column agent: word — whom it was about
-- column team: word — the agent's team
-- column topic: word — what it was about
-- column conversation_id: word — the conversation it was about
-- column stage: word — the customer's stage then
-- column personas: word — the personas held then, with commas between
SELECT
    answered_at,
    metric,
    score,
    scale_max,
    value,
    if(place = 1, NULL, value - before) AS change,
    mean,
    grade,
    channel,
    brand,
    agent,
    team,
    topic,
    conversation_id,
    stage,
    personas
FROM (
    SELECT
        answered_at,
        sequence,
        event_id,
        toString(s.metric) AS metric,
        score,
        scale_max,
        value,
        row_number() OVER earlier AS place,
        lagInFrame(value) OVER earlier AS before,
        avg(value) OVER earlier AS mean,
        toString(s.grade) AS grade,
        toString(s.channel) AS channel,
        toString(s.brand) AS brand,
        toString(s.agent) AS agent,
        toString(s.team) AS team,
        toString(s.topic) AS topic,
        conversation_id,
        toString(s.stage) AS stage,
        arrayStringConcat(s.personas, ', ') AS personas
    FROM scores AS s
    WHERE {customer:String} != '' AND startsWith(customer_id, {customer:String})
        AND ({metric:String} = '' OR s.metric = {metric:String})
    WINDOW earlier AS (
        PARTITION BY customer_id, s.metric
        ORDER BY answered_at, sequence, event_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
)
WHERE answered_at >= {since:DateTime64(6,'UTC')} AND answered_at < {until:DateTime64(6,'UTC')}
ORDER BY answered_at, sequence, event_id
