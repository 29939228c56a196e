-- Posts, and mentions of the brand and its competitors, over time.
-- param by: word = none (none, brand, channel, subject, competitor, topic) — splits the answer
-- param per: word = day (day, week, month) — the length of a period, in UTC; weeks begin on Monday
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only what happened then or later
-- param until: time = latest — only what happened before
-- column period: date — its first day
-- column grouped: word — the value of by
-- column posts: count — posts of the brand
-- column mentions: count — mentions, of whomever
-- column share_own: share — of the mentions those of the brand itself; null without mentions
-- column rated: count — mentions whose sentiment was told
-- column mean_sentiment: number — their mean, -1 to 1; null without any
SELECT
    multiIf(
        {per:String} = 'day', toDate32(occurred_at),
        {per:String} = 'week', toDate32(dateTrunc('week', toDate32(occurred_at))),
        toDate32(dateTrunc('month', toDate32(occurred_at)))
    ) AS period,
    multiIf(
        {by:String} = 'brand', toString(brand),
        {by:String} = 'channel', toString(channel),
        {by:String} = 'subject', toString(subject),
        {by:String} = 'competitor', toString(competitor),
        {by:String} = 'topic', toString(topic),
        ''
    ) AS grouped,
    countIf(type = 'post-published') AS posts,
    countIf(type = 'mention-observed') AS mentions,
    if(mentions = 0, NULL, countIf(subject = 'own') / mentions) AS share_own,
    count(sentiment) AS rated,
    -- Millionths add up the same in any order of parts and threads; floats do not.
    if(rated = 0, NULL, sum(toInt64(round(sentiment * 1e6))) / rated / 1e6) AS mean_sentiment
FROM brand_events
WHERE occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
    AND ({brand:String} = '' OR brand = {brand:String})
    AND ({channel:String} = '' OR channel = {channel:String})
    AND type IN ('post-published', 'mention-observed')
GROUP BY period, grouped
ORDER BY period, grouped
