-- Kinds of pains, the worst first: customers hit × severity × what followed.
-- param by: word = none (none, channel, brand, stage, persona, team, topic) — splits the answer; of several personas each counts
-- param brand: word = — only this brand; empty: all
-- param channel: word = — only this channel; empty: all
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
-- column churned: count — moved on by silence or by the end of a subscription, or one was cancelled
-- column refunded: count — money was paid back
-- column complained: count — a bad review or text in public
-- column unfollowed: count — unfollowed the brand
-- column rate: share — followed of hit
-- column others: count — spans of as many days of customers in the same stages who were not hit by this kind: after a contact where only a contact brings it
-- column rate_others: share — of these, those with something bad, weighted by the stages of who was hit
-- column what_followed: number — rate minus rate_others; null where either is unknown
-- column score: number — customers × severity × what_followed
-- column cost: number — extra contacts and refunds; null where these are in several currencies: pain-cost tells each
WITH
    -- Only who is in contact can suffer these. Others are held against them from a contact on, too.
    [
        'slow_response', 'unanswered', 'repeat_contact', 'repeated_self', 'channel_hop', 'bot_dead_end',
        'scripted_reply', 'long_queue', 'abandoned_call', 'high_effort', 'negative_sentiment', 'retired_channel'
    ] AS of_contacts,
    known AS (SELECT max(occurred_at) AS last_at FROM touchpoints),
    bad AS (
        SELECT customer_id, groupArray((at, what)) AS events
        FROM
        (
            SELECT customer_id, entered_at AS at, 'churned' AS what
            FROM stages
            WHERE cause IN ('silence', 'subscription_ended')  -- stages are named as one likes
            UNION ALL
            SELECT
                customer_id,
                occurred_at AS at,
                multiIf(type = 'refunded', 'refunded', type = 'unfollowed', 'unfollowed', 'churned') AS what
            FROM touchpoints
            WHERE type IN ('refunded', 'unfollowed', 'subscription-cancelled')
            UNION ALL
            SELECT customer_id, began_at AS at, 'complained' AS what
            FROM pains
            WHERE kind IN ('negative_sentiment', 'low_score') AND channel IN ('social', 'community', 'review')
        )
        GROUP BY customer_id
    ),
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
            toString(p.stage) AS stage_,
            customer_id,
            began_at,
            severity,
            cost,
            nullIf(toString(p.currency), '') AS currency
        FROM pains AS p
        WHERE began_at >= {since:DateTime64(6,'UTC')} AND began_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR brand = {brand:String})
            AND ({channel:String} = '' OR channel = {channel:String})
    ),
    -- Whom each kind hit in each stage, and what came within the days after the first time. One row
    -- more, without an id, stands for everybody in the stage.
    hits AS (
        SELECT
            kind,
            grouped,
            stage_,
            has(of_contacts, kind) AS by_contact,
            h.customer_id AS customer_id,
            h.customer_id != '' AS is_one,
            h.n AS n,
            h.severities AS severities,
            h.cost_micros AS cost_micros,
            h.low AS low,
            h.high AS high,
            addDays(first_at, {days:UInt32}) <= (SELECT max(occurred_at) FROM touchpoints) AS is_over,
            -- The refund that somebody waits for is nothing bad.
            arrayFilter(
                e -> e.1 > first_at AND e.1 <= addDays(first_at, {days:UInt32})
                    AND NOT (kind = 'refund_wait' AND e.2 = 'refunded'),
                b.events
            ) AS after
        FROM
        (
            SELECT
                kind,
                grouped,
                stage_,
                customer_id,
                min(began_at) AS first_at,
                count() AS n,
                sum(severity) AS severities,
                -- Millionths add up the same in any order of parts and threads; floats do not.
                sum(toInt64(round(felt.cost * 1e6))) AS cost_micros,
                -- Two currencies differ as the least and the greatest do.
                min(currency) AS low,
                max(currency) AS high
            FROM felt
            GROUP BY GROUPING SETS ((kind, grouped, stage_, customer_id), (kind, grouped, stage_))
        ) AS h
        LEFT JOIN bad AS b ON h.customer_id = b.customer_id
    ),
    -- As many days after the first contact of each stay in a stage; and each stay cut into spans of as
    -- many days. Both as far as they are over. Whom an event moves was in both stages at that instant.
    starts AS (
        SELECT toString(s.stage) AS stage_, s.customer_id AS customer_id, c.began_at AS start, true AS by_contact
        FROM stages AS s
        ASOF JOIN (
            SELECT customer_id, began_at
            FROM contacts
            WHERE began_at >= {since:DateTime64(6,'UTC')}
                AND ({channel:String} = '' OR channel = {channel:String})
                AND ({brand:String} = '' OR brand = {brand:String})
        ) AS c ON s.customer_id = c.customer_id AND s.entered_at <= c.began_at
        CROSS JOIN known
        WHERE c.began_at <= ifNull(s.left_at, last_at)
            AND start < {until:DateTime64(6,'UTC')}
            AND addDays(start, {days:UInt32}) <= last_at
        UNION ALL
        SELECT
            toString(s.stage) AS stage_,
            s.customer_id AS customer_id,
            addDays(
                greatest(entered_at, {since:DateTime64(6,'UTC')}),
                arrayJoin(range(toUInt32(1 + greatest(0, dateDiff(
                    'day',
                    greatest(entered_at, {since:DateTime64(6,'UTC')}),
                    least(ifNull(left_at, last_at), {until:DateTime64(6,'UTC')}, last_at)
                )) / {days:UInt32}))) * {days:UInt32}
            ) AS start,
            false AS by_contact
        FROM stages AS s
        CROSS JOIN known
        WHERE entered_at < {until:DateTime64(6,'UTC')}
            AND ifNull(left_at, last_at) >= {since:DateTime64(6,'UTC')}
            AND addDays(start, {days:UInt32}) <= last_at
            AND start < {until:DateTime64(6,'UTC')}
            AND (left_at IS NULL OR start < left_at)
    ),
    -- Of each customer, and of everybody, who has no id: what is told once is worked out once.
    spans AS (
        SELECT
            by_contact,
            stage_,
            customer_id,
            count() AS n,
            countIf(notEmpty(bad_things)) AS bad_n,
            countIf(arrayExists(e -> e.2 != 'refunded', bad_things)) AS bad_n_without
        FROM
        (
            SELECT
                by_contact,
                stage_,
                s.customer_id AS customer_id,
                arrayFilter(e -> e.1 > start AND e.1 <= addDays(start, {days:UInt32}), b.events) AS bad_things
            FROM starts AS s
            LEFT JOIN bad AS b ON s.customer_id = b.customer_id
        )
        GROUP BY GROUPING SETS ((by_contact, stage_, customer_id), (by_contact, stage_))
    ),
    by_stage AS (
        SELECT
            h.kind AS kind,
            h.grouped AS grouped,
            sumIf(h.n, h.is_one) AS n,
            uniqExactStateIf(h.customer_id, h.is_one) AS people,
            sumIf(h.severities, h.is_one) AS severities,
            sumIf(h.cost_micros, h.is_one) AS cost_micros,
            min(h.low) AS low,
            max(h.high) AS high,
            countIf(h.is_one AND h.is_over) AS hit,
            countIf(h.is_one AND h.is_over AND notEmpty(after)) AS followed,
            countIf(h.is_one AND h.is_over AND arrayExists(e -> e.2 = 'churned', after)) AS churned,
            countIf(h.is_one AND h.is_over AND arrayExists(e -> e.2 = 'refunded', after)) AS refunded,
            countIf(h.is_one AND h.is_over AND arrayExists(e -> e.2 = 'complained', after)) AS complained,
            countIf(h.is_one AND h.is_over AND arrayExists(e -> e.2 = 'unfollowed', after)) AS unfollowed,
            sum(if(h.is_one, -1, 1) * toInt64(s.n)) AS others,
            sum(if(h.is_one, -1, 1) * toInt64(if(kind = 'refund_wait', s.bad_n_without, s.bad_n))) AS others_bad
        FROM hits AS h
        LEFT JOIN spans AS s
            ON h.stage_ = s.stage_ AND h.customer_id = s.customer_id AND h.by_contact = s.by_contact
        GROUP BY kind, grouped, h.stage_
    ),
    sums AS (
        SELECT
            kind,
            grouped,
            sum(b.n) AS n,
            uniqExactMerge(people) AS customers,
            sum(b.severities) AS severities,
            sum(b.cost_micros) AS cost_micros,
            min(b.low) < max(b.high) AS is_mixed,
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
        FROM by_stage AS b
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
    if(is_mixed, NULL, cost_micros / 1e6) AS cost
FROM sums
ORDER BY score DESC NULLS LAST, customers * severity DESC, kind, grouped
