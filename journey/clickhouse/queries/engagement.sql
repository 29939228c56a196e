-- Engagement with what the brand published: for each post, and for each 1,000 followers.
-- param per: word = month (day, week, month) — the length of a period, in UTC; weeks begin on Monday
-- param brand: brand = — only this brand; empty: all
-- param since: time = earliest — only what happened then or later
-- param until: time = latest — only what happened before
-- column period: date — its first day
-- column channel: word — where
-- column posts: count — posts of the brand
-- column reactions: count — likes and their kin
-- column comments: count — comments on posts
-- column shares: count — posts that were passed on
-- column engagements: count — the three together
-- column per_post: number — engagements for each post of the same period; null without posts
-- column mean_followers: number — of the account, over the posts that tell it; null where none does
-- column per_1000_followers: number — per_post for each 1,000 followers
SELECT
    multiIf(
        {per:String} = 'day', toDate32(occurred_at),
        {per:String} = 'week', toDate32(dateTrunc('week', toDate32(occurred_at))),
        toDate32(dateTrunc('month', toDate32(occurred_at)))
    ) AS period,
    toString(e.channel) AS channel,
    countIf(type = 'post-published') AS posts,
    countIf(type = 'reacted') AS reactions,
    countIf(type = 'commented') AS comments,
    countIf(type = 'shared') AS shares,
    reactions + comments + shares AS engagements,
    engagements / if(posts = 0, NULL, posts) AS per_post,
    -- Whole followers add up the same in any order of parts and threads.
    sum(toInt64(round(followers))) / if(count(followers) = 0, NULL, count(followers)) AS mean_followers,
    per_post / if(mean_followers = 0, NULL, mean_followers) * 1000 AS per_1000_followers
FROM
(
    SELECT occurred_at, channel, brand, type, followers
    FROM brand_events
    WHERE type = 'post-published'
    UNION ALL
    SELECT occurred_at, channel, brand, type, NULL AS followers
    FROM touchpoints
    WHERE type IN ('reacted', 'commented', 'shared')
) AS e
WHERE occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
    AND ({brand:String} = '' OR brand = {brand:String})
GROUP BY period, channel
ORDER BY period, channel
