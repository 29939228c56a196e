-- The time of human replies to later turns, after a conversation's first reply.
-- always: one row
-- param by: word = none (none, brand, channel, team, agent, topic, persona) — splits the answer; who holds several personas counts in each
-- param hours: word = clock (clock, business) — what counts: all time, or open time
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only conversations opened then or later
-- param until: time = latest — only conversations opened before
-- column grouped: word — the value of by
-- column conversations: count — conversations with such replies
-- column n: count — such replies
-- column mean_s: seconds — their mean time, from the turn's start
-- column median_of_means_s: seconds — the median of the conversations' means, interpolated
-- column p90_of_means_s: seconds — nine of ten conversations have at most this mean
-- column max_of_means_s: seconds — the highest mean of a conversation
-- column within_1h: count — such replies within an hour (3600 s included)
-- column share_within_1h: share — the same of all of them
SELECT
    grouped,
    count() AS conversations,
    sum(replies) AS n,
    sum(took_us) / n / 1e6 AS mean_s,
    quantileExactInclusive(0.5)(took_us / replies / 1e6) AS median_of_means_s,
    quantileExactInclusive(0.9)(took_us / replies / 1e6) AS p90_of_means_s,
    max(took_us / replies / 1e6) AS max_of_means_s,
    sum(soon) AS within_1h,
    within_1h / n AS share_within_1h
FROM
(
    SELECT
        multiIf(
            {by:String} = 'brand', toString(brand),
            {by:String} = 'channel', toString(channel),
            {by:String} = 'team', toString(team),
            {by:String} = 'agent', toString(agent),
            {by:String} = 'topic', toString(topic),
            {by:String} = 'persona', persona,
            ''
        ) AS grouped,
        count() AS replies,
        -- Whole microseconds add up the same in any order of parts and threads; floats do not.
        sum(toInt64(round(took_s * 1e6))) AS took_us,
        countIf(took_s <= 3600) AS soon
    FROM
    (
        SELECT
            customer_id,
            conversation_id,
            brand,
            channel,
            team,
            agent,
            topic,
            arrayJoin(if({by:String} = 'persona', if(empty(personas), [''], personas), [''])) AS persona,
            if({hours:String} = 'business', waited_business_s, waited_s) AS took_s
        FROM turns
        WHERE response = 'next'
            AND conversation_opened_at >= {since:DateTime64(6,'UTC')} AND conversation_opened_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR brand = {brand:String})
            AND ({channel:String} = '' OR channel = {channel:String})
    )
    GROUP BY grouped, customer_id, conversation_id
)
GROUP BY grouped
ORDER BY grouped
