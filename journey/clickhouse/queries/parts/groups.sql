-- What care is split by; what else a question is split by is its own.
    at -> multiIf(
        {by:String} = 'day', toString(toDate32(at)),
        {by:String} = 'week', toString(toDate32(dateTrunc('week', toDate32(at)))),
        {by:String} = 'month', toString(toDate32(dateTrunc('month', toDate32(at)))),
        ''
    ) AS period_of,
    (of_brand, of_channel, of_team, of_agent, of_topic, of_persona, else_by) -> multiIf(
        {by:String} = 'brand', toString(of_brand),
        {by:String} = 'channel', toString(of_channel),
        {by:String} = 'team', toString(of_team),
        {by:String} = 'agent', toString(of_agent),
        {by:String} = 'topic', toString(of_topic),
        {by:String} = 'persona', of_persona,
        else_by
    ) AS group_of
