-- Net Promoter Score: the share of promoters minus the share of detractors, of each customer's latest answer.
-- always: one row
-- include scores
-- column grouped: word — the value of by
-- column n: count — customers who answered: each by their latest answer in the window, in a day, week or month by their latest in it
-- column of: count — customers in all groups, each once: below the sum of n where groups overlap
-- column answers: count — all their answers
-- column promoters: count — 9 or 10, on 0 to 10
-- column passives: count — 7 or 8
-- column detractors: count — 0 to 6
-- column nps: number — percent promoters minus percent detractors, -100 to 100
-- interval nps: nps(promoters, detractors, n)
-- column first_at: time — the first answer that counts
-- column last_at: time — the last one
WITH
    latest AS (
        SELECT
            count() AS told,
            argMax((answered_at, grade, groups), (answered_at, sequence, event_id)) AS last
        FROM answers
        WHERE metric = 'nps'
        GROUP BY customer_id, period
    )
SELECT
    arrayJoin(last.3) AS grouped,
    count() AS n,
    round(sum(sum(1 / length(last.3))) OVER ()) AS of,
    sum(told) AS answers,
    countIf(last.2 = 'promoter') AS promoters,
    countIf(last.2 = 'passive') AS passives,
    countIf(last.2 = 'detractor') AS detractors,
    100 * (promoters - detractors) / n AS nps,
    min(last.1) AS first_at,
    max(last.1) AS last_at
FROM latest
GROUP BY grouped
ORDER BY grouped
