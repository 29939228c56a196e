-- How far journeys go as designed, and what it costs where they do not.
-- always: one row
-- include events
-- include paths
-- include replay
-- column n: count — cases with at least one of the designed steps
-- column customers: count — theirs
-- column elsewhere: count — cases with none of the steps: in no figure
-- column fitting: count — cases that went as designed, from the first step to the last
-- column share: share — of n
-- interval share: wilson(fitting, n)
-- column consumed: count — tokens that all cases took, one for each step and one for the end
-- column missing: count — of these, those that were not there to be taken; as many remained in the end
-- column fitness: number — 1 - missing / consumed, over all cases
-- column mean_fitness: number — the same of each case, mean
-- column kept: count — customers all of whose cases went as designed
-- column left: count — the other customers
-- column cost_kept: number — what pains cost, a customer of those who kept to it
-- column sd_kept: number — its standard deviation
-- column cost_left: number — the same of those who left it
-- column sd_left: number — its standard deviation
-- column cost_difference: number — what those who left it cost more, a customer
-- interval cost_difference: welch(cost_left, sd_left, left, cost_kept, sd_kept, kept)
WITH
    each AS (
        SELECT
            customer_id,
            countIf(is_entered) AS n,
            countIf(NOT is_entered) AS n_elsewhere,
            countIf(is_entered AND fits) AS fitting,
            sumIf(r.consumed, is_entered) AS consumed,
            sumIf(r.missing, is_entered) AS missing,
            sumIf(toInt64(round(1e6 * r.missing / r.consumed)), is_entered) AS unfit,
            n > 0 AND n = fitting AS keeps,
            n > fitting AS leaves
        FROM replayed AS r
        GROUP BY customer_id
    ),
    -- Millionths add up the same in any order of parts and threads; floats do not.
    suffered AS (
        SELECT customer_id, sum(toInt64(round(cost * 1e6))) AS micros
        FROM pains
        WHERE began_at >= {since:DateTime64(6,'UTC')} AND began_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR brand = {brand:String})
            AND ({channel:String} = '' OR channel = {channel:String})
        GROUP BY customer_id
    )
SELECT
    sum(e.n) AS n,
    countIf(e.n > 0) AS customers,
    sum(n_elsewhere) AS elsewhere,
    sum(e.fitting) AS fitting,
    fitting / n AS share,
    sum(e.consumed) AS consumed,
    sum(e.missing) AS missing,
    1 - missing / consumed AS fitness,
    1 - sum(unfit) / 1e6 / n AS mean_fitness,
    countIf(keeps) AS kept,
    countIf(leaves) AS left,
    sumIf(micros, keeps) / kept / 1e6 AS cost_kept,
    if(kept < 2, NULL, sqrt(toFloat64(
        kept * sumIf(toInt128(micros) * micros, keeps) - toInt128(sumIf(micros, keeps)) * sumIf(micros, keeps)
    ) / kept / (kept - 1)) / 1e6) AS sd_kept,
    sumIf(micros, leaves) / left / 1e6 AS cost_left,
    if(left < 2, NULL, sqrt(toFloat64(
        left * sumIf(toInt128(micros) * micros, leaves) - toInt128(sumIf(micros, leaves)) * sumIf(micros, leaves)
    ) / left / (left - 1)) / 1e6) AS sd_left,
    cost_left - cost_kept AS cost_difference
FROM each AS e
LEFT JOIN suffered AS s USING (customer_id)
