-- How many customers are in each stage now.
-- column stage: word — the stage
-- column n: count — customers in it
-- column share: share — the same of all customers with a stage
SELECT
    toString(s.stage) AS stage,
    uniqExact(customer_id) AS n,
    n / (SELECT uniqExact(customer_id) FROM stages WHERE isNull(left_at)) AS share
FROM stages AS s
WHERE isNull(left_at)
GROUP BY stage
ORDER BY stage
