-- Topics over time, and whether a topic comes up more or less than chance would have it, given how many customers there are.
-- step: trend
-- param per: word = week (day, week) — the length of a period, in UTC; weeks begin on Monday
-- param baseline: count = 8 — how many periods before are held against it, at least 4
-- param rate: number = 0.05 — the share of false alarms among the alarms that is allowed
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only what happened then or later
-- param until: time = latest — only what happened before; the last period may be a part of one
-- column period: date — its first day
-- column topic: word — what the source told of the topic
-- column n: count — customers who brought it up
-- column expected: number — how many there would be by the periods before; null where they are too few
-- column ratio: number — n by expected
-- column p: number — how likely a count at least so far off is by chance, either way
-- column q: number — the same, corrected for all counts in the answer
-- column trend: word — up or down where q is at most the rate; else empty
SELECT
    if({per:String} = 'day', toDate32(occurred_at), toDate32(dateTrunc('week', toDate32(occurred_at)))) AS period,
    -- NULL is everybody, in the same reading
    arrayJoin(if(t.topic = '', [NULL], [NULL, toString(t.topic)])) AS topic,
    if(isNull(topic), 0, uniqExact(sipHash64(customer_id))) AS n,
    if(isNull(topic), uniqExact(sipHash64(customer_id)), 0) AS exposure
FROM touchpoints AS t
WHERE occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
    AND ({brand:String} = '' OR brand = {brand:String})
    AND ({channel:String} = '' OR channel = {channel:String})
    AND direction = 'inbound'
GROUP BY period, topic
