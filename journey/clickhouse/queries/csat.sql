-- Customer satisfaction: the share of satisfied answers, and their mean.
-- always: one row
-- include scores
-- column grouped: word — the value of by
-- column n: count — answers
-- column of: count — answers in all groups, each once: below the sum of n where groups overlap
-- column customers: count — customers who gave them
-- column satisfied: count — answers of 4 or 5 of 5, 8 to 10 of 10, or as far up on another scale
-- column share: share — the same of all answers
-- interval share: wilson(satisfied, n)
-- column mean: number — the mean answer, on 1 to 5
-- column sd: number — the standard deviation of that; null of one answer
-- interval mean: student(mean, sd, n)
-- column first_at: time — the first answer
-- column last_at: time — the last one
SELECT
    arrayJoin(groups) AS grouped,
    count() AS n,
    round(sum(sum(1 / length(groups))) OVER ()) AS of,
    uniqExact(customer_id) AS customers,
    countIf(grade = 'satisfied') AS satisfied,
    satisfied / n AS share,
    sum(micros) / n / 1e6 AS mean,
    deviation(n, sum(micros), sum(micros * micros)) AS sd,
    min(answered_at) AS first_at,
    max(answered_at) AS last_at
FROM answers
WHERE metric = 'csat'
GROUP BY grouped
ORDER BY grouped
