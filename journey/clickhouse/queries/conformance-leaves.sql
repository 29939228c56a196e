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
        SELECT sipHash64(customer_id) AS who, sum(toInt64(round(cost * 1e6))) AS micros
        FROM pains
        WHERE began_at >= {since:DateTime64(6,'UTC')} AND began_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR brand = {brand:String})
            AND ({channel:String} = '' OR channel = {channel:String})
        GROUP BY who
    ),
    gone AS (
        SELECT due, came, who, count() AS n
        FROM replayed
        WHERE NOT fits
        GROUP BY due, came, who
    )
SELECT
    g.due AS step,
    if(g.due = 0, '(end)', design[g.due]) AS due,
    if(g.came = -1, '(ended)', names[g.came + 1]) AS came,
    sum(g.n) AS n,
    count() AS customers,
    n / (SELECT count() FROM replayed) AS share,
    sum(micros) / customers / 1e6 AS cost
FROM gone AS g
LEFT JOIN suffered AS s USING (who)
GROUP BY g.due, g.came
ORDER BY n DESC, step, came
LIMIT {limit:UInt32}
