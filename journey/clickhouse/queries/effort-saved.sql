-- Effort saved by outreach: contacts that the treated did not make, by comparison with a holdout.
-- always: one row
-- step: effort_saved
-- include assigned
-- param within_days: positive = 14 — so long after the assignment contacts are counted
-- column grouped: word — the value of by
-- column n: count — people in both groups whose time is over
-- column treated: count — of them, assigned to be written to, whether it went out or not
-- column holdout: count — of them, held out
-- column pending: count — people whose time is not over: in no figure
-- column contacts_treated: number — contacts a person in that time, treated
-- column contacts_holdout: number — the same, held out; null without a holdout
-- column difference: number — held out minus treated, a person
-- column saved: number — the difference times the treated
-- column sd_treated: number — the standard deviation of contacts, treated
-- column sd_holdout: number — the same, held out
-- column first_at: time — the first assignment
-- column last_at: time — the last one
-- interval difference: welch(contacts_holdout, sd_holdout, holdout, contacts_treated, sd_treated, treated)
WITH
    counted AS (
        SELECT
            grouped,
            a.customer_id AS customer_id,
            at,
            is_holdout,
            at + toIntervalDay({within_days:UInt32}) <= newest AS is_over,
            countIf(c.began_at >= at AND c.began_at < at + toIntervalDay({within_days:UInt32})) AS contacts
        FROM assigned AS a
        LEFT JOIN (
            SELECT customer_id, began_at
            FROM contacts
        ) AS c ON c.customer_id = a.customer_id
        GROUP BY grouped, a.customer_id, at, is_holdout
    )
SELECT
    grouped,
    countIf(is_over AND NOT is_holdout) AS treated,
    countIf(is_over AND is_holdout) AS holdout,
    countIf(NOT is_over) AS pending,
    sumIf(contacts, is_over AND NOT is_holdout) AS sum_treated,
    sumIf(contacts, is_over AND is_holdout) AS sum_holdout,
    sumIf(contacts * contacts, is_over AND NOT is_holdout) AS squares_treated,
    sumIf(contacts * contacts, is_over AND is_holdout) AS squares_holdout,
    min(at) AS first_at,
    max(at) AS last_at
FROM counted
GROUP BY grouped
ORDER BY grouped
