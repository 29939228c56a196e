-- Decisions about messages to customers, and what they came to.
-- always: one row
-- param by: word = trigger (none, trigger, channel, purpose, verdict, guardrail, brand, month, persona) — splits the answer; guardrail: the one that decided; of several personas each counts
-- param trigger: trigger = — only this trigger; empty: all
-- param channel: channel = — only this channel; empty: all
-- param purpose: purpose = — only this purpose; empty: all
-- param brand: brand = — only this brand; empty: all
-- param since: time = earliest — only decisions then or later, in logical time
-- param until: time = latest — only decisions before
-- column grouped: word — the value of by
-- column n: count — decisions; a message that was held and then decided has two
-- column customers: count — whom they are about
-- column decided: count — messages that were decided, dry runs included
-- column suppressed: count — messages that a guardrail or a condition kept from going out
-- column held: count — times that one was put off
-- column ended: count — runs that an exit ended, with a message held or still to come
-- column holdout: count — of the suppressed, those of the holdout
-- column dry_run: count — of the decided, those that are not to be sent
WITH held AS (
    SELECT d.decision_id AS decision_id, groupUniqArray(toString(p.persona)) AS personas
    FROM decisions AS d
    INNER JOIN personas AS p ON p.customer_id = d.customer_id
    WHERE {by:String} = 'persona' AND p.since <= d.decided_at
        AND (p.until IS NULL OR p.until > d.decided_at)
    GROUP BY d.decision_id
)
SELECT
    arrayJoin(multiIf(
        {by:String} = 'trigger', [toString(d.trigger)],
        {by:String} = 'channel', [toString(d.channel)],
        {by:String} = 'purpose', [toString(d.purpose)],
        {by:String} = 'verdict', [toString(d.verdict)],
        {by:String} = 'guardrail', [arrayFirst(
            (g, v) -> v NOT IN ('passed', 'not_asked'),
            arrayMap(x -> toString(x), d.guardrails), arrayMap(x -> toString(x), d.verdicts)
        )],
        {by:String} = 'brand', [toString(d.brand)],
        {by:String} = 'month', [toString(toDate32(dateTrunc('month', toDate32(decided_at))))],
        {by:String} = 'persona', if(empty(h.personas), [''], h.personas),
        ['']
    )) AS grouped,
    count() AS n,
    uniqExact(d.customer_id) AS customers,
    countIf(d.verdict = 'decided') AS decided,
    countIf(d.verdict = 'suppressed') AS suppressed,
    countIf(d.verdict = 'held') AS held,
    countIf(d.verdict = 'ended') AS ended,
    countIf(d.verdict = 'suppressed' AND d.`group` = 'holdout') AS holdout,
    countIf(d.verdict = 'decided' AND d.is_dry) AS dry_run
FROM decisions AS d
LEFT JOIN held AS h ON h.decision_id = d.decision_id
WHERE d.action = 'message_customer' AND d.verdict != 'started'
    AND decided_at >= {since:DateTime64(6,'UTC')} AND decided_at < {until:DateTime64(6,'UTC')}
    AND ({trigger:String} = '' OR d.trigger = {trigger:String})
    AND ({channel:String} = '' OR d.channel = {channel:String})
    AND ({purpose:String} = '' OR d.purpose = {purpose:String})
    AND ({brand:String} = '' OR d.brand = {brand:String})
GROUP BY grouped
ORDER BY grouped
