-- Actions that were planned, and whether they are done.
-- param brand: brand = — only this brand; empty: all
-- param status: word = any (any, open, done) — only these
-- param due_before: time = latest — only what is due before, such as now: what is open then is overdue
-- column action: word — its id in the plan
-- column brand: word — whose it is
-- column name: word — what it is called
-- column metric: word — the figure that it is about
-- column responsible: word — who does it
-- column opened_at: time — when it was opened; null if nobody told
-- column due_at: time — when it is due; null if nobody told
-- column done_at: time — when it was done; null while it is open
SELECT
    item AS action,
    toString(t.brand) AS brand,
    argMaxIf(toString(t.name), (occurred_at, sequence, event_id), type = 'action-opened') AS name,
    argMaxIf(toString(t.metric), (occurred_at, sequence, event_id), type = 'action-opened') AS metric,
    argMaxIf(
        toString(t.responsible), (occurred_at, sequence, event_id), type = 'action-opened'
    ) AS responsible,
    minOrNullIf(occurred_at, type = 'action-opened') AS opened_at,
    argMaxIf(
        tuple(t.due_at), (occurred_at, sequence, event_id), type = 'action-opened'
    ).1 AS due_at,
    minOrNullIf(occurred_at, type = 'action-done') AS done_at
FROM brand_events AS t
WHERE type IN ('action-opened', 'action-done')
    AND ({brand:String} = '' OR t.brand = {brand:String})
GROUP BY item, t.brand
HAVING ({status:String} = 'any' OR {status:String} = if(done_at IS NULL, 'open', 'done'))
    AND ({due_before:DateTime64(6,'UTC')} >= toDateTime64('2200-01-01 00:00:00', 6, 'UTC')
        OR due_at < {due_before:DateTime64(6,'UTC')})
ORDER BY due_at NULLS LAST, brand, action
