-- Who was assigned to a message, or held out: once in a group, from the first time on.
-- param by: word = none (none, trigger, brand, month) — splits the answer; each person counts once in a group, from their first assignment in it
-- param trigger: trigger = — only this trigger; empty: all
-- param brand: brand = — only this brand; empty: all
-- param since: time = earliest — only people assigned then or later
-- param until: time = latest — only people assigned before
    (SELECT max(occurred_at) FROM touchpoints) AS newest,
    assigned AS (
        SELECT
            multiIf(
                {by:String} = 'trigger', toString(d.trigger),
                {by:String} = 'brand', toString(d.brand),
                {by:String} = 'month', toString(toDate32(dateTrunc('month', toDate32(decided_at)))),
                ''
            ) AS grouped,
            customer_id,
            min(decided_at) AS at,
            argMin(d.`group` = 'holdout', (decided_at, decision_id)) AS is_holdout
        FROM decisions AS d
        WHERE action = 'message_customer' AND d.`group` IN ('treated', 'holdout')
            AND decided_at >= {since:DateTime64(6,'UTC')} AND decided_at < {until:DateTime64(6,'UTC')}
            AND ({trigger:String} = '' OR d.trigger = {trigger:String})
            AND ({brand:String} = '' OR d.brand = {brand:String})
        GROUP BY grouped, customer_id
    )
