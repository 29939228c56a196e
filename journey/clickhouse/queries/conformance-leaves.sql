-- Where journeys leave what was designed, and what came instead; each case at its first departure.
-- include events
-- include paths
-- include replay
-- param limit: count = 1000 — at most so many rows
-- column step: count — the number of the designed step that was due; 0: none was, the journey was at its end
-- column due: word — the step; (end)
-- column came: word — what came instead; (ended): nothing more
-- column n: count — cases that left there
-- column customers: count — their customers
-- column share: share — of all cases with at least one of the designed steps
-- column cost: number — what pains cost these customers, each
WITH
    suffered AS (
        SELECT customer_id, sum(toInt64(round(cost * 1e6))) AS micros
        FROM pains
        WHERE began_at >= {since:DateTime64(6,'UTC')} AND began_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR brand = {brand:String})
            AND ({channel:String} = '' OR channel = {channel:String})
        GROUP BY customer_id
    ),
    each AS (
        SELECT fits, due, came, customer_id, count() AS n
        FROM replayed
        WHERE is_entered
        GROUP BY fits, due, came, customer_id
    ),
    -- those that fit are counted with the others, and then left out
    gone AS (
        SELECT
            fits,
            e.due AS place,
            e.came AS code,
            sum(e.n) AS cases,
            count() AS customers,
            sum(micros) / customers / 1e6 AS cost,
            sum(cases) OVER () AS whole
        FROM each AS e
        LEFT JOIN suffered AS s USING (customer_id)
        GROUP BY fits, place, code
    )
SELECT
    place AS step,
    if(place = 0, '(end)', design[place]) AS due,
    if(code = -1, '(ended)', names[code + 1]) AS came,
    cases AS n,
    customers,
    cases / whole AS share,
    cost
FROM gone
WHERE NOT fits
ORDER BY n DESC, step, came
LIMIT {limit:UInt32}
