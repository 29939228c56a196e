-- Kinds of pains, the worst first: customers hit × severity × what followed.
-- param by: word = none (none, channel, brand, stage, persona, team, topic) — splits the answer; of several personas each counts
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param days: positive = 30 — how soon after a pain something counts as following it
-- param since: time = earliest — only what began then or later
-- param until: time = latest — only what began before
-- column kind: word — the kind of pain
-- column grouped: word — the value of by
-- column n: count — pains
-- column customers: count — customers who were hit
-- column severity: number — the mean severity of these pains, 1 to 4
-- column hit: count — customers and stages whose days after the first pain are over
-- column followed: count — of these, where something bad followed: one of the next four
-- column churned: count — lapsed, or a subscription was cancelled
-- column refunded: count — money was paid back
-- column complained: count — a bad review or text in public
-- column unfollowed: count — unfollowed the brand
-- column rate: share — followed of hit
-- column others: count — spans of as many days of customers in the same stages who were not hit by this kind
-- column rate_others: share — of these, those with something bad, weighted by the stages of who was hit
-- column what_followed: number — rate minus rate_others; null where either is unknown
-- column score: number — customers × severity × what_followed
-- column cost: number — extra contacts and refunds
WITH
    assumeNotNull((SELECT toUnixTimestamp64Micro(max(occurred_at)) FROM touchpoints)) AS last_at,
    toInt64({days:UInt32}) * 86400000000 AS span,
    toUnixTimestamp64Micro({since:DateTime64(6,'UTC')}) AS earliest,
    toUnixTimestamp64Micro({until:DateTime64(6,'UTC')}) AS latest,
    -- what is bad; numbers, as texts of so many rows take longer
    toUInt8(1) AS is_churned,
    toUInt8(2) AS is_refunded,
    toUInt8(3) AS is_complained,
    toUInt8(4) AS is_unfollowed,
    felt AS (
        SELECT
            toString(p.kind) AS kind,
            arrayJoin(multiIf(
                {by:String} = 'channel', [toString(channel)],
                {by:String} = 'brand', [toString(brand)],
                {by:String} = 'stage', [toString(stage)],
                {by:String} = 'team', [toString(team)],
                {by:String} = 'topic', [toString(topic)],
                {by:String} = 'persona', if(empty(personas), [''], arrayMap(x -> toString(x), personas)),
                ['']
            )) AS grouped,
            cityHash64(p.stage) AS stage_,
            customer_id,
            began_at,
            severity,
            cost
        FROM pains AS p
        WHERE began_at >= {since:DateTime64(6,'UTC')} AND began_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR brand = {brand:String})
            AND ({channel:String} = '' OR channel = {channel:String})
    ),
    -- All that is known of a customer in one row, since joins of so many customers take longer.
    each AS (
        SELECT
            sipHash64(told.customer_id) AS who,
            -- a stay in a stage: where spans of so many days begin, and before when the last one has to
            groupArrayIf((stage_, at, before), source = 'stay') AS stays,
            groupArrayIf((at, what), source = 'bad') AS bad,
            groupArrayIf((kind, grouped, stage_, at, n, severities, cost_micros), source = 'hit') AS hits
        FROM (
            SELECT
                customer_id, 'stay' AS source, cityHash64(s.stage) AS stage_, toUInt8(0) AS what, '' AS kind, '' AS grouped,
                greatest(toUnixTimestamp64Micro(entered_at), earliest) AS at,
                least(ifNull(toUnixTimestamp64Micro(left_at), latest), latest, last_at - span + 1) AS before,
                toUInt64(0) AS n, toUInt64(0) AS severities, toInt64(0) AS cost_micros
            FROM stages AS s
            WHERE at < before
            UNION ALL
            SELECT customer_id, 'bad', 0, is_churned, '', '', toUnixTimestamp64Micro(entered_at), 0, 0, 0, 0
            FROM stages
            WHERE stage = 'lapsed'
            UNION ALL
            SELECT
                customer_id, 'bad', 0,
                multiIf(type = 'refunded', is_refunded, type = 'unfollowed', is_unfollowed, is_churned),
                '', '', toUnixTimestamp64Micro(occurred_at), 0, 0, 0, 0
            FROM touchpoints
            WHERE type IN ('refunded', 'unfollowed', 'subscription-cancelled')
            UNION ALL
            SELECT customer_id, 'bad', 0, is_complained, '', '', toUnixTimestamp64Micro(began_at), 0, 0, 0, 0
            FROM pains
            WHERE kind IN ('negative_sentiment', 'low_score') AND channel IN ('social', 'community', 'review')
            UNION ALL
            SELECT
                customer_id, 'hit', f.stage_, 0, f.kind, f.grouped,
                toUnixTimestamp64Micro(min(began_at)), 0, count(), sum(severity),
                -- Millionths add up the same in any order of parts and threads; floats do not.
                sum(toInt64(round(f.cost * 1e6)))
            FROM felt AS f
            GROUP BY f.kind, f.grouped, f.stage_, customer_id
        ) AS told
        GROUP BY who
    ),
    -- Of each stay the spans that are over, and those of them with something bad, refunds apart.
    spans AS (
        SELECT
            who,
            hits,
            bad,
            arrayMap(
                s -> (
                    s.1,
                    intDiv(s.3 - s.2 - 1, span) + 1,
                    arrayUniq(arrayFilter(k -> k >= 0 AND s.2 + k * span < s.3, arrayMap(e -> if(e.1 > s.2, intDiv(e.1 - s.2 - 1, span), -1), bad))),
                    arrayUniq(arrayFilter(k -> k >= 0 AND s.2 + k * span < s.3, arrayMap(e -> if(e.1 > s.2 AND e.2 != is_refunded, intDiv(e.1 - s.2 - 1, span), -1), bad)))
                ),
                stays
            ) AS stays_
        FROM each
    ),
    -- What came within the days after the first time of each hit; the refund that somebody waits for is nothing bad.
    counted AS (
        SELECT
            who,
            arrayJoin(arrayConcat(
                arrayMap(s -> (0, '', '', s.1, toInt64(0), toUInt64(0), toUInt64(0), toInt64(0), CAST([], 'Array(UInt8)'), s.2, s.3, s.4), stays_),
                arrayMap(
                    h -> (
                        1, h.1, h.2, h.3, h.4, h.5, h.6, h.7,
                        arrayMap(e -> e.2, arrayFilter(e -> e.1 > h.4 AND e.1 <= h.4 + span AND NOT (h.1 = 'refund_wait' AND e.2 = is_refunded), bad)),
                        arraySum(s -> if(s.1 = h.3, s.2, 0), stays_),
                        arraySum(s -> if(s.1 = h.3, s.3, 0), stays_),
                        arraySum(s -> if(s.1 = h.3, s.4, 0), stays_)
                    ),
                    hits
                )
            )) AS c
        FROM spans
    ),
    by_stage AS (
        SELECT
            c.1 AS is_hit,
            c.2 AS kind,
            c.3 AS grouped,
            c.4 AS stage_,
            sum(c.6) AS n,
            uniqExactState(who) AS people,
            sum(c.7) AS severities,
            sum(c.8) AS cost_micros,
            countIf(c.5 + span <= last_at) AS hit,
            countIf(c.5 + span <= last_at AND notEmpty(c.9)) AS followed,
            countIf(c.5 + span <= last_at AND has(c.9, is_churned)) AS churned,
            countIf(c.5 + span <= last_at AND has(c.9, is_refunded)) AS refunded,
            countIf(c.5 + span <= last_at AND has(c.9, is_complained)) AS complained,
            countIf(c.5 + span <= last_at AND has(c.9, is_unfollowed)) AS unfollowed,
            sum(c.10) AS spans,
            sum(if(kind = 'refund_wait', c.12, c.11)) AS spans_bad,
            sum(c.12) AS spans_bad_without
        FROM counted
        GROUP BY is_hit, kind, grouped, stage_
    ),
    -- Others are all but those who were hit: everybody's spans in the stage, which stand in a row of it.
    beside AS (
        SELECT
            *,
            sumIf(spans, NOT is_hit) OVER stage - spans AS others,
            if(
                kind = 'refund_wait',
                sumIf(spans_bad_without, NOT is_hit) OVER stage,
                sumIf(spans_bad, NOT is_hit) OVER stage
            ) - spans_bad AS others_bad
        FROM by_stage
        WINDOW stage AS (PARTITION BY stage_)
    ),
    sums AS (
        SELECT
            kind,
            grouped,
            sum(b.n) AS n,
            uniqExactMerge(people) AS customers,
            sum(b.severities) AS severities,
            sum(b.cost_micros) AS cost_micros,
            sum(b.hit) AS hit,
            sum(b.followed) AS followed,
            sum(b.churned) AS churned,
            sum(b.refunded) AS refunded,
            sum(b.complained) AS complained,
            sum(b.unfollowed) AS unfollowed,
            sum(b.others) AS others,
            -- Each stage counts as often as it was hit; one without others in it is left out.
            sumIf(b.hit, b.others > 0) AS weights,
            arraySum(arraySort(groupArray(if(b.others > 0, b.hit * b.others_bad / b.others, 0)))) AS weighted
        FROM beside AS b
        WHERE is_hit
        GROUP BY kind, grouped
    )
SELECT
    kind,
    grouped,
    n,
    customers,
    severities / n AS severity,
    hit,
    followed,
    churned,
    refunded,
    complained,
    unfollowed,
    followed / if(hit = 0, NULL, hit) AS rate,
    others,
    weighted / if(weights = 0, NULL, weights) AS rate_others,
    rate - rate_others AS what_followed,
    customers * severity * what_followed AS score,
    cost_micros / 1e6 AS cost
FROM sums
ORDER BY score DESC NULLS LAST, customers * severity DESC, kind, grouped
