-- The decisions one by one, the latest first.
-- param trigger: trigger = — only this trigger; empty: all
-- param verdict: verdict = — only this verdict; empty: all
-- param customer: customer = — only this customer's, by id or identity; empty: all
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only decisions then or later, in logical time
-- param until: time = latest — only decisions before
-- param limit: count = 50 — at most so many
-- column decision_id: word — the event in the log
-- column decided_at: time — the logical time
-- column customer_id: word — whom it is about; empty of a figure of many
-- column trigger: word — which trigger
-- column action: word — what is to be done
-- column verdict: word — what was decided
-- column channel: word — its channel
-- column brand: word — its brand
-- column reason: word — why, in words
SELECT
    decision_id,
    decided_at,
    if(
        d.cause_customer = '' AND startsWith(d.matter, 'watch:'), '', d.customer_id
    ) AS customer_id,
    trigger,
    action,
    verdict,
    channel,
    brand,
    reason
FROM decisions AS d
WHERE decided_at >= {since:DateTime64(6,'UTC')} AND decided_at < {until:DateTime64(6,'UTC')}
    AND ({trigger:String} = '' OR d.trigger = {trigger:String})
    AND ({verdict:String} = '' OR verdict = {verdict:String})
    AND ({customer:String} = '' OR d.customer_id = {customer:String})
    AND ({brand:String} = '' OR brand = {brand:String})
    AND ({channel:String} = '' OR channel = {channel:String})
ORDER BY decided_at DESC, decision_id
LIMIT {limit:UInt32}
