-- How many customers the log knew, by the hour in which it first heard of them.
-- param until: time = latest — only those of whom it heard before
-- column hour: time — when the hour began
-- column n: count — customers first heard of in it
-- column known: count — all until its end, by who they are today
SELECT
    toDateTime64(toStartOfHour(first_at), 6, 'UTC') AS hour,
    count() AS n,
    sum(count()) OVER (ORDER BY hour) AS known
FROM (
    SELECT customer_id, min(recorded_at) AS first_at
    FROM touchpoints
    GROUP BY customer_id
    HAVING first_at < {until:DateTime64(6,'UTC')}
)
GROUP BY hour
ORDER BY hour
