-- What pain points cost: contacts that would not have been, and refunds. Of one kind each counts once; a contact or refund may belong to pains of several kinds.
-- param by: word = none (none, channel, brand, stage, persona, team, agent, topic) — splits the answer; of several personas each counts
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only what began then or later
-- param until: time = latest — only what began before
-- column kind: word — the kind of pain
-- column grouped: word — the value of by
-- column n: count — pains
-- column customers: count — customers who suffered
-- column extra_contacts: count — contacts that would not have been
-- column contacts_cost: number — these, at the unit cost of their channels
-- column refunds: number — what was paid back for the same, within the time that is configured
-- column refunds_elsewhere: count — refunds in another currency, which are not added
-- column cost: number — contacts_cost and refunds together
-- column mean_cost: number — the same for each pain
SELECT
    toString(p.kind) AS kind,
    arrayJoin(multiIf(
        {by:String} = 'channel', [toString(channel)],
        {by:String} = 'brand', [toString(brand)],
        {by:String} = 'stage', [toString(stage)],
        {by:String} = 'team', [toString(team)],
        {by:String} = 'agent', [toString(agent)],
        {by:String} = 'topic', [toString(topic)],
        {by:String} = 'persona', if(empty(personas), [''], arrayMap(x -> toString(x), personas)),
        ['']
    )) AS grouped,
    count() AS n,
    uniqExact(customer_id) AS customers,
    sum(p.extra_contacts) AS extra_contacts,
    -- Millionths add up the same in any order of parts and threads; floats do not.
    sum(toInt64(round(p.contacts_cost * 1e6))) / 1e6 AS contacts_cost,
    sum(toInt64(round(p.refunds * 1e6))) / 1e6 AS refunds,
    sum(p.refunds_elsewhere) AS refunds_elsewhere,
    sum(toInt64(round(p.cost * 1e6))) / 1e6 AS cost,
    cost / n AS mean_cost
FROM pains AS p
WHERE began_at >= {since:DateTime64(6,'UTC')} AND began_at < {until:DateTime64(6,'UTC')}
    AND ({brand:String} = '' OR brand = {brand:String})
    AND ({channel:String} = '' OR channel = {channel:String})
GROUP BY kind, grouped
ORDER BY cost DESC, kind, grouped
