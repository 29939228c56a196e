-- Mentions over time, and spikes: more or fewer than chance would have by the periods before.
-- step: trend
-- param by: word = subject (subject, competitor, channel, topic, tone) — what is looked at; tone: good, bad, neutral or unrated
-- param per: word = week (day, week) — the length of a period, in UTC; weeks begin on Monday
-- param baseline: count = 8 — how many periods before are held against it, at least 4
-- param rate: number = 0.05 — the share of false alarms among the alarms that is allowed
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only what happened then or later
-- param until: time = latest — only what happened before; the last period may be a part of one
-- column period: date — its first day
-- column grouped: word — the value of by
-- column n: count — mentions
-- column expected: number — how many there would be by the periods before; null where they are too few
-- column ratio: number — n by expected
-- column p: number — how likely a count at least so far off is by chance, either way
-- column q: number — the same, corrected for all counts in the answer
-- column trend: word — up or down where q is at most the rate; else empty
SELECT
    if({per:String} = 'day', toDate32(occurred_at), toDate32(dateTrunc('week', toDate32(occurred_at)))) AS period,
    toNullable(multiIf(
        {by:String} = 'competitor', toString(competitor),
        {by:String} = 'channel', toString(channel),
        {by:String} = 'topic', toString(topic),
        {by:String} = 'tone', multiIf(isNull(sentiment), 'unrated', sentiment > 0.05, 'good', sentiment < -0.05, 'bad', 'neutral'),
        toString(subject)
    )) AS grouped,
    count() AS n,
    toUInt64(0) AS exposure
FROM brand_events
WHERE occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
    AND ({brand:String} = '' OR brand = {brand:String})
    AND ({channel:String} = '' OR channel = {channel:String})
    AND type = 'mention-observed'
GROUP BY period, grouped
UNION ALL
SELECT
    if({per:String} = 'day', toDate32(occurred_at), toDate32(dateTrunc('week', toDate32(occurred_at)))) AS period,
    NULL AS grouped,
    toUInt64(0) AS n,
    toUInt64(1) AS exposure
FROM brand_events
WHERE occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
    AND ({brand:String} = '' OR brand = {brand:String})
    AND ({channel:String} = '' OR channel = {channel:String})
GROUP BY period
