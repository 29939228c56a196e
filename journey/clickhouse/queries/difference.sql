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
    {segments:String} = 'persona' AS by_persona,
    -- the events of either group; with personas all, and the spans in which they were held (event 0)
    parted AS (
        SELECT
            cityHash64(customer_id) AS who,
            event,
            multiIf(
                {segments:String} = 'channel', channel = {one:String},
                {segments:String} = 'brand', brand = {one:String},
                {segments:String} = 'month', formatDateTime(toDate32(occurred_at), '%Y-%m') = {one:String},
                true
            ) AS is_one,
            multiIf(
                by_persona, true,
                {other:String} = '', NOT is_one,
                {segments:String} = 'channel', channel = {other:String},
                {segments:String} = 'brand', brand = {other:String},
                formatDateTime(toDate32(occurred_at), '%Y-%m') = {other:String}
            ) AS is_other,
            toInt64(0) AS start,
            toInt64(0) AS stop
        FROM coded
        WHERE is_one OR is_other
        UNION ALL
        SELECT
            cityHash64(customer_id), toUInt128(0), persona = {one:String}, persona = {other:String},
            toUnixTimestamp64Micro(since), ifNull(toUnixTimestamp64Micro(until), toInt64(9e18))
        FROM personas
        WHERE by_persona AND (persona = {one:String} OR persona = {other:String})
    ),
    told AS (
        SELECT
            groupArrayIf(event, event != 0 AND is_one) AS all_ones,
            groupArrayIf(event, event != 0 AND is_other) AS all_others,
            groupArrayIf((start, stop), event = 0 AND is_one) AS held,
            groupArrayIf((start, stop), event = 0 AND is_other) AS held_other,
            if(
                by_persona,
                arrayFilter(n -> arrayExists(s -> time_of(n) >= s.1 AND time_of(n) < s.2, held), all_ones),
                all_ones
            ) AS ones,
            if(
                by_persona,
                arrayFilter(
                    n -> if(
                        {other:String} = '',
                        NOT arrayExists(s -> time_of(n) >= s.1 AND time_of(n) < s.2, held),
                        arrayExists(s -> time_of(n) >= s.1 AND time_of(n) < s.2, held_other)
                    ),
                    all_others
                ),
                all_others
            ) AS others
        FROM parted
        GROUP BY who
    ),
    -- What was seen as one number, as tuples take twice as long: two codes of ten bits, and before
    -- them 1: did it so often; 2: it came directly after it; 3: so many in all.
    found AS (
        SELECT
            segment,
            is_both,
            arrayDistinct(codes) AS kinds,
            arrayDistinct(arrayMap((a, b) -> toUInt32(a) * 1024 + b, arrayPopBack(codes), arrayPopFront(codes))) AS pairs,
            arrayConcat(
                arrayMap(code -> 1048576 + toUInt32(code) * 1024, kinds),
                arrayMap(pair -> toUInt32(2097152 + pair), pairs),
                [toUInt32(3145728)]
            ) AS seen,
            arrayConcat(
                arrayMap(code -> toUInt64(countEqual(codes, code)), kinds),
                arrayMap(pair -> toUInt64(1), pairs),
                [length(codes)]
            ) AS times
        FROM (
            SELECT
                notEmpty(ones) AND notEmpty(others) AS is_both,
                arrayJoin(arrayFilter(g -> notEmpty(g.2), [(1, ones), (2, others)])) AS group,
                group.1 AS segment,
                arrayMap(n -> code_of(n), arraySort(group.2)) AS codes
            FROM told
        )
    ),
    counted AS (
        SELECT segment, what, count() AS hits, countIf(is_both) AS both, sum(often) AS total, sum(often * often) AS squares
        FROM found
        ARRAY JOIN seen AS what, times AS often
        GROUP BY segment, what
    )
SELECT
    segment,
    intDiv(c.what, 1048576) AS kind,
    multiIf(
        kind = 1, names[intDiv(c.what, 1024) % 1024 + 1],
        kind = 2, concat(names[intDiv(c.what, 1024) % 1024 + 1], ' > ', names[c.what % 1024 + 1]),
        '(all)'
    ) AS what,
    sum(c.hits) AS hits,
    sum(c.both) AS both,
    sum(c.total) AS total,
    sum(c.squares) AS squares
FROM counted AS c
GROUP BY segment, kind, what
ORDER BY kind, what, segment
