-- The pain that followed the end of a channel: of who used it, as long before as after; beside it, who never did.
-- param channel: channel — the channel that ends
-- param since: time — from when its end was known
-- param until: time = latest — only what began before; the newest event known, if that is earlier
-- column kind: word — the kind of pain
-- column n: count — pains since then, of customers who began a contact on the channel before; of retired_channel all that were felt there
-- column customers: count — customers with one
-- column n_before: count — pains of the same customers, as long before
-- column customers_before: count — customers with one then
-- column users: count — customers who began a contact on the channel before its end was known
-- column others: count — of customers who began contacts before, and none there: those with a pain since then
-- column others_before: count — of the same, those with one as long before
-- column of_others: count — how many such customers there are
-- column cost: number — of the pains since then: extra contacts and refunds
WITH
    least((SELECT max(occurred_at) FROM touchpoints), {until:DateTime64(6,'UTC')}) AS last_at,
    {since:DateTime64(6,'UTC')} - toIntervalMicrosecond(greatest(0, dateDiff('microsecond', {since:DateTime64(6,'UTC')}, last_at))) AS first_at,
    came AS (
        SELECT customer_id, max(c.channel = {channel:String}) AS is_user
        FROM contacts AS c
        WHERE began_at < {since:DateTime64(6,'UTC')}
        GROUP BY customer_id
    ),
    felt AS (
        SELECT
            toString(p.kind) AS kind,
            customer_id,
            p.began_at >= {since:DateTime64(6,'UTC')} AS is_after,
            p.kind = 'retired_channel' AND p.channel = {channel:String} AS is_here,
            toInt64(round(p.cost * 1e6)) AS micros
        FROM pains AS p
        WHERE began_at >= first_at AND began_at <= last_at
            AND NOT (p.kind = 'retired_channel' AND p.channel != {channel:String})
    )
SELECT
    kind,
    countIf(is_after AND is_theirs) AS n,
    uniqExactIf(customer_id, is_after AND is_theirs) AS customers,
    countIf(NOT is_after AND is_theirs) AS n_before,
    uniqExactIf(customer_id, NOT is_after AND is_theirs) AS customers_before,
    (SELECT countIf(is_user = 1) FROM came) AS users,
    uniqExactIf(customer_id, is_after AND is_other) AS others,
    uniqExactIf(customer_id, NOT is_after AND is_other) AS others_before,
    (SELECT countIf(is_user = 0) FROM came) AS of_others,
    sumIf(micros, is_after AND is_theirs) / 1e6 AS cost
FROM (
    SELECT
        kind,
        f.customer_id AS customer_id,
        is_after,
        micros,
        is_here OR c.known AND c.is_user = 1 AS is_theirs,
        NOT is_here AND c.known AND c.is_user = 0 AS is_other
    FROM felt AS f
    LEFT JOIN (SELECT customer_id, is_user, 1 AS known FROM came) AS c ON c.customer_id = f.customer_id
)
WHERE is_theirs OR is_other
GROUP BY kind
ORDER BY kind != 'retired_channel', n DESC, kind
