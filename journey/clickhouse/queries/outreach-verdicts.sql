-- How many messages each guardrail held back, by trigger, in the order in which they are asked.
-- param trigger: trigger = — only this trigger; empty: all
-- param purpose: purpose = — only this purpose; empty: all
-- param since: time = earliest — only decisions then or later, in logical time
-- param until: time = latest — only decisions before
-- column trigger: word — which trigger
-- column guardrail: word — which guardrail
-- column asked: count — decisions in which it was asked: those that the ones before let pass
-- column passed: count — those that it let pass
-- column suppressed: count — those that it suppressed
-- column held: count — those that it put off
-- column customers: count — customers whom it suppressed or put off
-- column share: share — suppressed and put off, of those asked
-- column kept: count — suppressed and put off
-- interval share: wilson(kept, asked)
SELECT
    toString(t.trigger) AS trigger,
    guardrail,
    countIf(verdict != 'not_asked') AS asked,
    countIf(verdict = 'passed') AS passed,
    countIf(verdict = 'suppressed') AS suppressed,
    countIf(verdict = 'held') AS held,
    uniqExactIf(customer_id, verdict IN ('suppressed', 'held')) AS customers,
    if(asked > 0, (suppressed + held) / asked, NULL) AS share,
    suppressed + held AS kept
FROM (
    SELECT
        d.trigger AS trigger,
        customer_id,
        told.1 AS guardrail,
        told.2 AS verdict,
        place
    FROM (
        SELECT
            trigger,
            customer_id,
            arrayZip(arrayMap(x -> toString(x), guardrails), arrayMap(x -> toString(x), verdicts)) AS both
        FROM decisions
        WHERE action = 'message_customer' AND length(guardrails) = length(verdicts)
            AND decided_at >= {since:DateTime64(6,'UTC')} AND decided_at < {until:DateTime64(6,'UTC')}
            AND ({purpose:String} = '' OR purpose = {purpose:String})
    ) AS d
    ARRAY JOIN both AS told, arrayEnumerate(both) AS place
) AS t
WHERE ({trigger:String} = '' OR t.trigger = {trigger:String})
GROUP BY t.trigger, guardrail
ORDER BY trigger, min(place)
