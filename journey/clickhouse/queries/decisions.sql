-- What the triggers decided.
-- always: one row
-- param by: word = none (none, trigger, verdict, brand, channel, day) — splits the answer
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only decisions then or later, in logical time
-- param until: time = latest — only decisions before
-- column grouped: word — the value of by
-- column n: count — decisions
-- column customers: count — customers they were about; a figure of many is about none
-- column decided: count — to be carried out
-- column suppressed: count — held back by a cap or rule
-- column held: count — waiting for a person
SELECT
    multiIf(
        {by:String} = 'trigger', toString(d.trigger),
        {by:String} = 'verdict', toString(d.verdict),
        {by:String} = 'brand', toString(d.brand),
        {by:String} = 'channel', toString(d.channel),
        {by:String} = 'day', toString(toDate32(decided_at)),
        ''
    ) AS grouped,
    count() AS n,
    uniqExactIf(
        customer_id, NOT (cause_customer = '' AND startsWith(matter, 'watch:'))
    ) AS customers,
    countIf(verdict = 'decided') AS decided,
    countIf(verdict = 'suppressed') AS suppressed,
    countIf(verdict = 'held') AS held
FROM decisions AS d
WHERE decided_at >= {since:DateTime64(6,'UTC')} AND decided_at < {until:DateTime64(6,'UTC')}
    AND ({brand:String} = '' OR brand = {brand:String})
    AND ({channel:String} = '' OR channel = {channel:String})
GROUP BY grouped
ORDER BY grouped
