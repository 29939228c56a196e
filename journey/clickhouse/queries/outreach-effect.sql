-- What outreach changes: people who were assigned to a message against those of the holdout.
-- step: effect
-- include assigned
-- param activity: activity = order-placed — what counts as conversion
-- param within_days: positive = 14 — so long after the assignment is looked
-- column grouped: word — the value of by
-- column measure: word — conversion (did the activity), contact (had to ask again), churn (a customer who was lost)
-- column treated: count — people whose time is over, assigned to be written to, whether it went out or not; of churn, those who were customers
-- column holdout: count — the same, held out
-- column pending: count — people whose time is not over: in no figure
-- column hits_treated: count — of the treated, those of the measure
-- column hits_holdout: count — of those held out
-- column share_treated: share — the first of the treated; null of nobody
-- column share_holdout: share — the same, held out
-- column difference: share — treated minus holdout
-- column needed: count — people more, in both groups together and split as now, until a difference like this one would be found in about 80 of 100 trials at 95 %; 0: there are enough; null: there is none
-- interval difference: newcombe(hits_treated, treated, hits_holdout, holdout)
WITH
    converted AS (
        SELECT DISTINCT a.grouped, a.customer_id
        FROM assigned AS a
        INNER JOIN (
            SELECT customer_id, occurred_at FROM touchpoints WHERE activity = {activity:String}
        ) AS t ON t.customer_id = a.customer_id
        WHERE t.occurred_at >= a.at AND t.occurred_at < a.at + toIntervalDay({within_days:UInt32})
    ),
    asked AS (
        SELECT DISTINCT a.grouped, a.customer_id
        FROM assigned AS a
        INNER JOIN contacts AS c ON c.customer_id = a.customer_id
        WHERE c.began_at >= a.at AND c.began_at < a.at + toIntervalDay({within_days:UInt32})
    ),
    kept AS (
        SELECT
            a.grouped,
            a.customer_id,
            max(t.ended_at IS NOT NULL
                AND t.ended_at < a.at + toIntervalDay({within_days:UInt32})) AS is_lost
        FROM assigned AS a
        INNER JOIN (SELECT customer_id, began_at, ended_at FROM tenures) AS t
            ON t.customer_id = a.customer_id
        WHERE t.began_at <= a.at AND (t.ended_at IS NULL OR t.ended_at >= a.at)
        GROUP BY a.grouped, a.customer_id
    ),
    told AS (
        SELECT
            grouped,
            at + toIntervalDay({within_days:UInt32}) <= newest AS is_over,
            is_holdout,
            arrayJoin([
                ('conversion', 1, (grouped, customer_id) IN (SELECT * FROM converted)),
                ('contact', 1, (grouped, customer_id) IN (SELECT * FROM asked)),
                (
                    'churn',
                    (grouped, customer_id) IN (SELECT grouped, customer_id FROM kept),
                    (grouped, customer_id) IN (SELECT grouped, customer_id FROM kept WHERE is_lost)
                )
            ]) AS each
        FROM assigned
    )
SELECT
    grouped,
    each.1 AS measure,
    countIf(is_over AND NOT is_holdout) AS treated,
    countIf(is_over AND is_holdout) AS holdout,
    countIf(NOT is_over) AS pending,
    countIf(is_over AND NOT is_holdout AND each.3) AS hits_treated,
    countIf(is_over AND is_holdout AND each.3) AS hits_holdout
FROM told
WHERE each.2
GROUP BY grouped, measure
ORDER BY grouped, indexOf(['conversion', 'contact', 'churn'], measure)
