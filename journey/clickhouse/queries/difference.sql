-- In what the paths of two groups differ: who did what, what came directly after what, and how often.
-- step: difference
-- include events
-- include unnamed
-- include happened
-- param segments: word = channel (channel, brand, month, persona) — what tells the groups apart: the events of one and of the other; with persona, those while the customer held it
-- param one: segment — a channel, brand, month such as 2026-03, or persona
-- param other: segment = — what it is held against; empty: all other events
-- param at_least: positive = 10 — look only at what so many customers of both groups together did
-- param rate: number = 0.05 — of the rows that are told to differ at most so many by chance
-- param limit: count = 100 — at most so many rows, the surest differences first
-- column kind: word — did: customers who did it; then: to whom the second directly followed the first; times: how often, a customer, on average
-- column what: word — the step or the two; (all): steps of whatever kind
-- column n_one: count — customers with an event in the first group
-- column n_other: count — and in the other
-- column both: count — those in both, who count in each
-- column one: number — the share, or the mean, in the first group
-- column other: number — the same in the other
-- column difference: number — one minus other
-- column difference_low: number — lower end of its 95 % interval: of shares Newcombe's, of means Welch's t
-- column difference_high: number — upper end
-- column p: number — how likely a difference at least as large is by chance: of shares the N-1 chi-squared test or Fisher's, of means Welch's
-- column q: number — the same corrected for all that was looked at (Benjamini and Hochberg)
-- column looked: count — so much was looked at
-- column differs: word — more or less, where q is at most rate; else empty
WITH
    spans AS (
        SELECT
            customer_id,
            groupArrayIf((since, ifNull(until, toDateTime64('2299-01-01 00:00:00', 6, 'UTC'))), persona = {one:String}) AS ones,
            groupArrayIf((since, ifNull(until, toDateTime64('2299-01-01 00:00:00', 6, 'UTC'))), persona = {other:String}) AS others
        FROM personas
        WHERE {segments:String} = 'persona' AND (persona = {one:String} OR persona = {other:String})
        GROUP BY customer_id
    ),
    parted AS (
        SELECT
            n.customer_id AS customer_id,
            event,
            multiIf(
                {segments:String} = 'channel', toString(channel),
                {segments:String} = 'brand', toString(brand),
                {segments:String} = 'month', formatDateTime(toDate32(occurred_at), '%Y-%m'),
                ''
            ) AS value,
            if({segments:String} = 'persona', arrayExists(s -> occurred_at >= s.1 AND occurred_at < s.2, ones), value = {one:String}) AS is_one,
            multiIf(
                {other:String} = '', NOT is_one,
                {segments:String} = 'persona', arrayExists(s -> occurred_at >= s.1 AND occurred_at < s.2, others),
                value = {other:String}
            ) AS is_other
        FROM coded AS n
        LEFT JOIN spans AS s ON s.customer_id = n.customer_id
        WHERE is_one OR is_other
    ),
    told AS (
        SELECT
            arrayMap(n -> code_of(n), arraySort(groupArrayIf(event, is_one))) AS ones,
            arrayMap(n -> code_of(n), arraySort(groupArrayIf(event, is_other))) AS others
        FROM parted AS p
        GROUP BY sipHash64(p.customer_id)
    ),
    -- 1: one did it so often; 2: it came directly after it; 3: so many events in all
    found AS (
        SELECT
            group.1 AS segment,
            is_both,
            arrayJoin(
                arrayConcat(
                    arrayMap(c -> (1, c, 0, countEqual(group.2, c)), arrayDistinct(group.2)),
                    arrayMap(pair -> (2, pair.1, pair.2, 1), arrayDistinct(arrayZip(arrayPopBack(group.2), arrayPopFront(group.2)))),
                    [(3, 0, 0, length(group.2))]
                )
            ) AS seen
        FROM (
            SELECT
                notEmpty(ones) AND notEmpty(others) AS is_both,
                arrayJoin(arrayFilter(g -> notEmpty(g.2), [(1, ones), (2, others)])) AS group
            FROM told
        )
    )
SELECT
    segment,
    seen.1 AS kind,
    multiIf(seen.1 = 1, names[seen.2 + 1], seen.1 = 2, concat(names[seen.2 + 1], ' > ', names[seen.3 + 1]), '(all)') AS what,
    count() AS hits,
    countIf(is_both) AS both,
    sum(seen.4) AS total,
    sum(seen.4 * seen.4) AS squares
FROM found
GROUP BY segment, kind, what
ORDER BY kind, what, segment
