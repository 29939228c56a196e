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
    assumeNotNull((SELECT toUnixTimestamp64Micro(max(occurred_at)) FROM touchpoints)) AS last_at,
    toInt64({days:UInt32}) * 86400000000 AS span,
    toUnixTimestamp64Micro({since:DateTime64(6,'UTC')}) AS earliest,
    toUnixTimestamp64Micro({until:DateTime64(6,'UTC')}) AS latest,
    -- what is bad; numbers, as texts of so many rows take longer
    toUInt8(1) AS is_churned,
    toUInt8(2) AS is_refunded,
    toUInt8(3) AS is_complained,
    toUInt8(4) AS is_unfollowed,
    toUInt8(5) AS is_contact, -- and what is not
    -- A stage is the number of its name, twice; one more as it is from a contact on.
    (SELECT groupArray(toString(name)) FROM (SELECT stage AS name FROM stages UNION DISTINCT SELECT stage FROM pains)) AS names,
    name -> toUInt16(2 * transform(name, names, range(1, length(names) + 1), 0)) AS numbered,
    -- What is known is put together as numbers, as tuples of so many rows take twice as long: a stay is
    -- 54 bits of when it began, 54 of when it ended, 16 of the stage; a moment is a time and what came.
    at -> toUnixTimestamp64Micro(at) * 8 AS timed,
    at -> toUInt128(ifNull(toUnixTimestamp64Micro(at), 15762598695796735) + 2251799813685248) AS placed,
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
            numbered(p.stage) + has(of_contacts, kind) AS stage_,
            sipHash64(customer_id) AS who,
            began_at,
            severity,
            cost,
            nullIf(toString(p.currency), '') AS currency
        FROM pains AS p
        WHERE began_at >= {since:DateTime64(6,'UTC')} AND began_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR brand = {brand:String})
            AND ({channel:String} = '' OR channel = {channel:String})
    ),
    -- All that is known of a customer in one row, since joins of so many customers take longer.
    told AS (
        SELECT
            sipHash64(customer_id) AS who,
            bitShiftLeft(placed(entered_at), 70) + bitShiftLeft(placed(left_at), 16) + numbered(stage) AS stay,
            -- stages are named as one likes
            if(cause IN ('silence', 'subscription_ended'), timed(entered_at) + is_churned, 0) AS moment,
            CAST([], 'Array(Tuple(String, String, UInt16, Int64, UInt64, UInt64, Int64, Nullable(String), Nullable(String)))') AS hits
        FROM stages
        UNION ALL
        SELECT sipHash64(customer_id), 0, timed(began_at) + is_contact, []
        FROM contacts
        WHERE began_at >= {since:DateTime64(6,'UTC')} AND began_at < {until:DateTime64(6,'UTC')}
            AND ({channel:String} = '' OR channel = {channel:String})
            AND ({brand:String} = '' OR brand = {brand:String})
        UNION ALL
        SELECT
            sipHash64(customer_id), 0,
            timed(occurred_at) + multiIf(type = 'refunded', is_refunded, type = 'unfollowed', is_unfollowed, is_churned),
            []
        FROM touchpoints
        WHERE type IN ('refunded', 'unfollowed', 'subscription-cancelled')
        UNION ALL
        SELECT sipHash64(customer_id), 0, timed(began_at) + is_complained, []
        FROM pains
        WHERE kind IN ('negative_sentiment', 'low_score') AND channel IN ('social', 'community', 'review')
        UNION ALL
        SELECT
            f.who, 0, 0,
            [(
                f.kind, f.grouped, f.stage_, toUnixTimestamp64Micro(min(began_at)), count(), sum(severity),
                -- Millionths add up the same in any order of parts and threads; floats do not.
                sum(toInt64(round(f.cost * 1e6))),
                min(f.currency), max(f.currency)  -- two currencies differ as these do
            )]
        FROM felt AS f
        GROUP BY f.kind, f.grouped, f.stage_, f.who
    ),
    each AS (
        SELECT
            who,
            arrayMap(
                s -> (
                    toUInt16(bitAnd(toUInt64(s), 65535)),
                    toInt64(bitShiftRight(s, 70)) - 2251799813685248,
                    toInt64(bitAnd(toUInt64(bitShiftRight(s, 16)), 18014398509481983)) - 2251799813685248
                ),
                groupArrayIf(t.stay, t.stay != 0)
            ) AS lived,
            groupArrayIf(t.moment, t.moment != 0) AS moments,
            arraySort(arrayMap(m -> bitShiftRight(m, 3), arrayFilter(m -> bitAnd(m, 7) = is_contact, moments))) AS contacted,
            arrayMap(m -> (bitShiftRight(m, 3), bitAnd(m, 7)), arrayFilter(m -> bitAnd(m, 7) != is_contact, moments)) AS bad,
            groupArrayArray(t.hits) AS hits
        FROM told AS t
        GROUP BY who
    ),
    -- Of each stay the spans that are over, and those of them with something bad, refunds apart.
    spans AS (
        SELECT
            who,
            hits,
            bad,
            -- where spans of so many days begin, and before when the last one has to
            arrayMap(s -> (s.1, greatest(s.2, earliest), least(s.3, latest, last_at - span + 1)), lived) AS whole,
            -- as many days after the first contact of each stay; whom an event moves was in both stages then
            arrayMap(
                s -> (s.1 + 1, arrayFirst(at -> at >= s.2, arrayPushBack(contacted, toInt64(9e18))) AS first_at, first_at + 1, s.3),
                lived
            ) AS touched,
            arrayConcat(
                arrayFilter(s -> s.2 < s.3, whole),
                arrayMap(
                    s -> (s.1, s.2, s.3),
                    arrayFilter(s -> s.2 <= least(s.4, last_at - span), touched)
                )
            ) AS stays,
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
    -- A row for each hit, and one (0) with all stays.
    counted AS (
        SELECT
            who,
            stays_,
            arrayJoin(range(0, toUInt32(length(hits) + 1))) AS place,
            hits[place] AS hit_,
            -- What came within the days after the first time; the refund that somebody waits for is nothing bad.
            arrayMap(
                e -> e.2,
                arrayFilter(e -> e.1 > hit_.4 AND e.1 <= hit_.4 + span AND NOT (hit_.1 = 'refund_wait' AND e.2 = is_refunded), bad)
            ) AS after,
            arrayFilter(s -> s.1 = hit_.3, stays_) AS own
        FROM spans
    ),
    by_stage AS (
        SELECT
            place > 0 AS is_hit,
            hit_.1 AS kind,
            hit_.2 AS grouped,
            hit_.3 AS stage_,
            sum(hit_.5) AS n,
            uniqExactStateIf(who, place > 0) AS people,
            sum(hit_.6) AS severities,
            sum(hit_.7) AS cost_micros,
            min(hit_.8) AS low,
            max(hit_.9) AS high,
            countIf(hit_.4 + span <= last_at) AS hit,
            countIf(hit_.4 + span <= last_at AND notEmpty(after)) AS followed,
            countIf(hit_.4 + span <= last_at AND has(after, is_churned)) AS churned,
            countIf(hit_.4 + span <= last_at AND has(after, is_refunded)) AS refunded,
            countIf(hit_.4 + span <= last_at AND has(after, is_complained)) AS complained,
            countIf(hit_.4 + span <= last_at AND has(after, is_unfollowed)) AS unfollowed,
            sum(arraySum(own.2)) AS spans,
            sum(if(kind = 'refund_wait', arraySum(own.4), arraySum(own.3))) AS spans_bad,
            sumMapIf(stays_.1, stays_.2, stays_.3, stays_.4, place = 0) AS everybody
        FROM counted
        GROUP BY is_hit, kind, grouped, stage_
    ),
    -- Others are all but those who were hit: everybody's spans in the stage, which stand in the row of all stays.
    beside AS (
        SELECT
            *,
            groupArrayIf(everybody, NOT is_hit) OVER ()[1] AS stays_,
            indexOf(stays_.1, stage_) AS place,
            stays_.2[place] - spans AS others,
            if(kind = 'refund_wait', stays_.4[place], stays_.3[place]) - spans_bad AS others_bad
        FROM by_stage
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
            min(b.low) < max(b.high) AS is_mixed,
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
    if(is_mixed, NULL, cost_micros / 1e6) AS cost
FROM sums
ORDER BY score DESC NULLS LAST, customers * severity DESC, kind, grouped
