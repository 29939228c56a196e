-- How many open conversations somebody had at a time, weighted by how long.
-- param by: word = agent (agent, team, brand, channel) — whose; of a team, brand or channel: all its agents together
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — the span that is looked at begins here
-- param until: time = latest — and ends here, or with what is known
-- column grouped: word — the value of by
-- column conversations: count — conversations that they had in it
-- column assigned_s: seconds — time that conversations were open and theirs, added up
-- column busy_s: seconds — time in which there was at least one
-- column mean_open: number — the first by the second: open at a time while there was any
-- column max_open: count — the most at one time
WITH
    (
        SELECT max(greatest(assigned_at, coalesce(ended_at, assigned_at)))
        FROM assignments
    ) AS known_until,
    spans AS
    (
        SELECT
            multiIf(
                {by:String} = 'agent', toString(agent),
                {by:String} = 'team', toString(team),
                {by:String} = 'brand', toString(brand),
                {by:String} = 'channel', toString(channel),
                ''
            ) AS grouped,
            (customer_id, conversation_id) AS conversation,
            toUnixTimestamp64Micro(greatest(assigned_at, {since:DateTime64(6,'UTC')})) AS start_us,
            toUnixTimestamp64Micro(
                least(coalesce(ended_at, known_until), {until:DateTime64(6,'UTC')})
            ) AS end_us
        FROM assignments
        WHERE assigned_at < {until:DateTime64(6,'UTC')}
            AND ({brand:String} = '' OR brand = {brand:String})
            AND ({channel:String} = '' OR channel = {channel:String})
    ),
    borders AS
    (
        SELECT grouped, border.1 AS at_us, sum(border.2) AS more
        FROM
        (
            SELECT grouped, arrayJoin([(start_us, 1), (end_us, -1)]) AS border
            FROM spans
            WHERE start_us < end_us
        )
        GROUP BY grouped, at_us
    ),
    stretches AS
    (
        SELECT
            grouped,
            sum(more) OVER (PARTITION BY grouped ORDER BY at_us ROWS UNBOUNDED PRECEDING) AS open_n,
            leadInFrame(at_us, 1, at_us) OVER (
                PARTITION BY grouped
                ORDER BY at_us
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ) - at_us AS lasted_us
        FROM borders
    )
SELECT
    grouped,
    conversations,
    assigned_us / 1e6 AS assigned_s,
    busy_us / 1e6 AS busy_s,
    assigned_us / busy_us AS mean_open,
    max_open
FROM
(
    SELECT
        grouped,
        sum(open_n * lasted_us) AS assigned_us,
        sumIf(lasted_us, open_n > 0) AS busy_us,
        max(open_n) AS max_open
    FROM stretches
    GROUP BY grouped
) AS times
INNER JOIN
(
    SELECT grouped, uniqExact(conversation) AS conversations
    FROM spans
    WHERE start_us < end_us
    GROUP BY grouped
) AS counts USING (grouped)
ORDER BY grouped
