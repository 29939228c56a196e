-- What was decided to be done: messages, alerts and actions, in the order in which it was recorded.
-- param trigger: trigger = — only this trigger; empty: all
-- param action: word = any (any, message_customer, alert_team, open_action) — only this action
-- param since: time = earliest — only what was recorded then or later
-- param until: time = latest — only what was recorded before
-- column decision_id: word — the event in the log
-- column recorded_at: time — when the log knew it
-- column decided_at: time — the logical time
-- column customer_id: word — whom it is about; empty of a figure of many
-- column trigger: word — which trigger
-- column action: word — what is to be done
-- column channel: word — where
-- column is_dry: count — 1 of a dry run: not to be sent
SELECT
    decision_id,
    d.recorded_at AS recorded_at,
    decided_at,
    if(
        d.cause_customer = '' AND startsWith(d.matter, 'watch:'), '', d.customer_id
    ) AS customer_id,
    toString(d.trigger) AS trigger,
    toString(d.action) AS action,
    toString(d.channel) AS channel,
    toUInt8(d.is_dry) AS is_dry
FROM decisions AS d
WHERE d.verdict = 'decided'
    AND ({trigger:String} = '' OR d.trigger = {trigger:String})
    AND ({action:String} = 'any' OR d.action = {action:String})
    AND d.recorded_at >= {since:DateTime64(6,'UTC')} AND d.recorded_at < {until:DateTime64(6,'UTC')}
ORDER BY d.recorded_at, decided_at, decision_id
