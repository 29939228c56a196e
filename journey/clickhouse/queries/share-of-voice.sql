-- Share of voice: how many of all mentions are of the brand, and of each competitor.
-- param per: word = month (day, week, month) — the length of a period, in UTC; weeks begin on Monday
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only what happened then or later
-- param until: time = latest — only what happened before
-- column period: date — its first day
-- column whose: word — own, or the competitor
-- column n: count — mentions
-- column total: count — all mentions of the period
-- column share: share — n of total
-- interval share: wilson(n, total)
-- column rated: count — mentions whose sentiment is known
-- column mean_sentiment: number — their mean, -1 to 1; null without any
SELECT
    multiIf(
        {per:String} = 'day', toDate32(occurred_at),
        {per:String} = 'week', toDate32(dateTrunc('week', toDate32(occurred_at))),
        toDate32(dateTrunc('month', toDate32(occurred_at)))
    ) AS period,
    if(subject = 'own', 'own', if(competitor = '', 'unnamed', toString(competitor))) AS whose,
    count() AS n,
    sum(n) OVER (PARTITION BY period) AS total,
    n / total AS share,
    count(sentiment) AS rated,
    -- Millionths add up the same in any order of parts and threads; floats do not.
    if(rated = 0, NULL, sum(toInt64(round(sentiment * 1e6))) / rated / 1e6) AS mean_sentiment
FROM brand_events
WHERE occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
    AND ({brand:String} = '' OR brand = {brand:String})
    AND ({channel:String} = '' OR channel = {channel:String})
    AND type = 'mention-observed'
GROUP BY period, whose
ORDER BY period, whose
