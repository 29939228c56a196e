-- What happened, each a number.
-- param of: word = activity (activity, type, channel, stage, conversation) — what a step is: what touchpoints are called, of which type they are or where they happen; a stage that the customer enters; a conversation, by the channel it begins on
-- param only: activities = — only these steps, commas between; empty: all
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param direction: word = any (any, inbound, outbound, internal) — only what went this way
-- param since: time = earliest — only what happened then or later
-- param until: time = latest — only what happened before
    -- what belongs to no brand, channel, direction or conversation is left out where one is asked for
    happened AS (
        SELECT
            customer_id, conversation_id, occurred_at, sequence, brand, channel,
            if({of:String} = 'channel', channel, if({of:String} = 'type', type, activity)) AS step
        FROM touchpoints
        WHERE {of:String} NOT IN ('stage', 'conversation')
            AND occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR brand = {brand:String})
            AND ({channel:String} = '' OR channel = {channel:String})
            AND ({direction:String} = 'any' OR direction = {direction:String})
        UNION ALL
        SELECT customer_id, '', entered_at, toInt64(ordinal), '', '', stage
        FROM stages
        WHERE {of:String} = 'stage'
            AND entered_at >= {since:DateTime64(6,'UTC')} AND entered_at < {until:DateTime64(6,'UTC')}
            AND {brand:String} = '' AND {channel:String} = '' AND {direction:String} = 'any'
        UNION ALL
        SELECT customer_id, conversation_id, opened_at, 0, brand, channel, channel
        FROM conversations
        WHERE {of:String} = 'conversation'
            AND opened_at >= {since:DateTime64(6,'UTC')} AND opened_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR brand = {brand:String})
            AND ({channel:String} = '' OR channel = {channel:String})
            AND {direction:String} = 'any'
    ),
    arrayMap(each -> trimBoth(each), splitByChar(',', {only:String})) AS wanted,
    -- What is rarer than 1,022 others is one step, so that ten bits are enough; but what the question
    -- names, in asked, keeps its name.
    (
        SELECT groupArray(name)
        FROM (
            SELECT name
            FROM (
                SELECT toString(step) AS name, count() AS often
                FROM happened
                WHERE {only:String} = '' OR has(wanted, toString(step))
                GROUP BY name
                ORDER BY has(asked, name) DESC, often DESC, name
                LIMIT 1022
            )
            ORDER BY often DESC, name
        )
    ) AS activities,
    arrayPushFront(activities, '(rarer)') AS names,
    coded AS (
        SELECT
            customer_id, conversation_id, occurred_at, brand, channel,
            numbered(occurred_at, sequence, transform(toString(step), activities, range(1, length(activities) + 1), 0)) AS event
        FROM happened
        WHERE {only:String} = '' OR has(wanted, toString(step))
    )
