-- Which channels and touchpoints customers use in each stage: the rows of a journey map.
-- param persona: persona = — only customers of this persona, while they held it; empty: all
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only what happened then or later
-- param until: time = latest — only what happened before
-- column stage: word — the stage that the customer was in, or entered by it
-- column channel: word — where
-- column type: word — the type of touchpoint
-- column n: count — touchpoints
-- column customers: count — customers with one
WITH
    (SELECT groupArray(toString(name)) FROM (SELECT channel AS name FROM touchpoints GROUP BY name)) AS channels,
    (SELECT groupArray(toString(name)) FROM (SELECT type AS name FROM touchpoints GROUP BY name)) AS types,
    (SELECT groupArray(toString(name)) FROM (SELECT stage AS name FROM stages GROUP BY name)) AS names,
    -- An event as one number, as joins of so many take three times longer: 54 bits of time, one that
    -- tells a stage (0) from a touchpoint (1), then 32 of the ordinal and 16 of the name of a stage, or
    -- 24 each of channel and type. So of stages that began at one time the last is nearest.
    at -> bitShiftLeft(toUInt128(toUnixTimestamp64Micro(at) + 2251799813685248), 49) AS placed,
    told AS (
        SELECT
            sipHash64(customer_id) AS who,
            placed(occurred_at) + 281474976710656
                + transform(channel, channels, range(1, length(channels) + 1), 0) * 16777216
                + transform(type, types, range(1, length(types) + 1), 0) AS event,
            toInt64(0) AS held_from,
            toInt64(0) AS held_to
        FROM touchpoints
        WHERE occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR brand = {brand:String})
            AND ({channel:String} = '' OR channel = {channel:String})
            AND direction != 'internal'
            AND ({persona:String} = '' OR customer_id IN (
                SELECT customer_id FROM personas WHERE persona = {persona:String}))
        UNION ALL
        SELECT
            sipHash64(customer_id),
            placed(entered_at) + toUInt64(ordinal) * 65536 + transform(stage, names, range(1, length(names) + 1), 0),
            0, 0
        FROM stages
        UNION ALL
        SELECT
            sipHash64(customer_id), toUInt128(0),
            toUnixTimestamp64Micro(since), ifNull(toUnixTimestamp64Micro(until), toInt64(9e18))
        FROM personas
        WHERE {persona:String} != '' AND persona = {persona:String}
    ),
    each AS (
        SELECT
            arraySort(groupArrayIf(event, event != 0)) AS events,
            groupArrayIf((held_from, held_to), event = 0) AS spans
        FROM told
        GROUP BY who
    ),
    -- 16 bits of the stage, 24 of the channel, 24 of the type; 0: no touchpoint in a stage
    placed_in AS (
        SELECT
            arrayMap(event -> toUInt64(event), events) AS lows,
            arrayMap(
                (event, stay) -> if(
                    bitTest(event, 48) AND NOT bitTest(stay, 48),
                    bitShiftLeft(stay, 48) + bitAnd(event, 281474976710655),
                    0
                ),
                lows, arrayFill(event -> NOT bitTest(event, 48), lows)
            ) AS all,
            if(
                {persona:String} = '',
                arrayFilter(kind -> kind != 0, all),
                arrayFilter(
                    (kind, event) -> kind != 0 AND arrayExists(
                        span -> toInt64(bitShiftRight(event, 49)) - 2251799813685248 >= span.1
                            AND toInt64(bitShiftRight(event, 49)) - 2251799813685248 < span.2,
                        spans
                    ),
                    all, events
                )
            ) AS kinds
        FROM each
    )
SELECT
    names[bitShiftRight(kind, 48)] AS stage,
    channels[bitAnd(bitShiftRight(kind, 24), 16777215)] AS channel,
    types[bitAnd(kind, 16777215)] AS type,
    count() AS n,
    countIf(nth = 1) AS customers
FROM placed_in
ARRAY JOIN kinds AS kind, arrayEnumerateUniq(kinds) AS nth
GROUP BY kind
ORDER BY stage, n DESC, channel, type
