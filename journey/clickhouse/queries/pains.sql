-- The pain points one by one, the latest first.
-- param kind: pain = — only this kind; empty: all
-- param customer: customer = — only this customer's, by id or identity; empty: all
-- param stage: stage = — only in this stage; empty: all
-- param persona: persona = — only of customers who held it then; empty: all
-- param topic: topic = — only about this topic; empty: all
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param status: word = all (all, open, ended) — whether it lasts
-- param since: time = earliest — only what began then or later
-- param until: time = latest — only what began before
-- param limit: count = 50 — at most so many
-- column pain_id: word — which one
-- column kind: word — what it is
-- column severity: count — 1 to 4
-- column began_at: time — when it began
-- column ended_at: time — when it ended; null while it lasts
-- column ended_by: word — what ended it
-- column customer_id: word — who suffered
-- column stage: word — where the customer stood
-- column channel: word — where it was felt
-- column brand: word — its brand
-- column topic: word — what it was about
-- column team: word — the team that had the conversation
-- column agent: word — who had it
-- column conversation_id: word — the conversation
-- column is_assumed: word — yes if it rests on a guess
-- column cost: number — extra contacts at their unit cost, and refunds
-- column causes: word — the events behind it
SELECT
    pain_id,
    kind,
    severity,
    began_at,
    ended_at,
    ended_by,
    customer_id,
    stage,
    channel,
    brand,
    topic,
    team,
    agent,
    conversation_id,
    if(is_assumed, 'yes', 'no') AS is_assumed,
    cost,
    arrayStringConcat(causes, ' ') AS causes
FROM pains AS p
WHERE began_at >= {since:DateTime64(6,'UTC')} AND began_at < {until:DateTime64(6,'UTC')}
    AND ({kind:String} = '' OR p.kind = {kind:String})
    AND ({customer:String} = '' OR customer_id = {customer:String})
    AND ({stage:String} = '' OR stage = {stage:String})
    AND ({persona:String} = '' OR has(personas, {persona:String}))
    AND ({topic:String} = '' OR topic = {topic:String})
    AND ({brand:String} = '' OR brand = {brand:String})
    AND ({channel:String} = '' OR channel = {channel:String})
    AND ({status:String} = 'all' OR ({status:String} = 'open') = isNull(p.ended_at))
ORDER BY began_at DESC, pain_id
LIMIT {limit:UInt32}
