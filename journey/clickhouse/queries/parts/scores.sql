-- Answers to surveys, each with the channel that it is about.
-- param by: word = none (none, persona, stage, channel, brand, agent, team, topic, day, week, month) — splits the answer; a channel as the filter has it; days in UTC, a week by its Monday; a customer of several personas counts in each
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only answers about conversations that began on this channel, or about none and given on it; empty: all
-- param persona: persona = — only customers who held it then; empty: all
-- param since: time = earliest — only answers given then or later
-- param until: time = latest — only answers given before
    (n, total, squares) -> if(n < 2, NULL, sqrt(toFloat64(n * squares - total * total) / n / (n - 1)) / 1e6) AS deviation,
    answers AS (
        SELECT
            customer_id, answered_at, sequence, event_id, metric, grade, personas,
            -- Millionths add up the same in any order of parts and threads; floats do not.
            toInt128(round(value * 1e6)) AS micros,
            toString(s.stage) AS stage,
            if(began_on = '', toString(s.channel), began_on) AS channel,
            toString(s.brand) AS brand,
            toString(s.agent) AS agent,
            toString(s.team) AS team,
            toString(s.topic) AS topic,
            multiIf(
                {by:String} = 'day', toString(toDate32(answered_at)),
                {by:String} = 'week', toString(toDate32(dateTrunc('week', toDate32(answered_at)))),
                {by:String} = 'month', toString(toDate32(dateTrunc('month', toDate32(answered_at)))),
                ''
            ) AS period,
            multiIf(
                {by:String} = 'persona', if(empty(personas), [''], personas),
                [multiIf(
                    {by:String} = 'stage', stage,
                    {by:String} = 'channel', channel,
                    {by:String} = 'brand', brand,
                    {by:String} = 'agent', agent,
                    {by:String} = 'team', team,
                    {by:String} = 'topic', topic,
                    period
                )]
            ) AS groups
        FROM scores AS s
        LEFT JOIN (
            SELECT conversation_id, toString(c.channel) AS began_on
            FROM conversations AS c
            WHERE conversation_id != ''
        ) AS talks USING (conversation_id)
        WHERE answered_at >= {since:DateTime64(6,'UTC')} AND answered_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR s.brand = {brand:String})
            AND ({channel:String} = '' OR if(began_on = '', toString(s.channel), began_on) = {channel:String})
            AND ({persona:String} = '' OR has(personas, {persona:String}))
    )
