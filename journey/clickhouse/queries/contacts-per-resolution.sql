-- How many contacts it took to resolve a conversation, last.
-- always: one row
-- param by: word = none (none, brand, channel, team, agent, topic, persona) — splits the answer; who holds several personas counts in each
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only conversations opened then or later
-- param until: time = latest — only conversations opened before
-- column grouped: word — the value of by
-- column n: count — resolved conversations with a contact
-- column contacts: count — contacts that they took
-- column per_resolution: number — contacts to a resolution, in the mean
-- column in_one: count — resolved in one contact
-- column share_in_one: share — the same of all
-- column more_than_3: count — resolved in more than three
-- column share_more_than_3: share — the same of all
-- column most: count — the most contacts that one took
SELECT
    multiIf(
        {by:String} = 'brand', toString(brand),
        {by:String} = 'channel', toString(channel),
        {by:String} = 'team', toString(team),
        {by:String} = 'agent', toString(agent),
        {by:String} = 'topic', toString(topic),
        {by:String} = 'persona', persona,
        ''
    ) AS grouped,
    count() AS n,
    sum(contacts_to_resolution) AS contacts,
    contacts / n AS per_resolution,
    countIf(contacts_to_resolution = 1) AS in_one,
    in_one / n AS share_in_one,
    countIf(contacts_to_resolution > 3) AS more_than_3,
    more_than_3 / n AS share_more_than_3,
    max(contacts_to_resolution) AS most
FROM
(
    SELECT
        brand,
        channel,
        team,
        agent,
        topic,
        arrayJoin(if({by:String} = 'persona', if(empty(personas), [''], personas), [''])) AS persona,
        contacts_to_resolution
    FROM conversations
    WHERE status = 'resolved' AND contacts_to_resolution > 0
        AND opened_at >= {since:DateTime64(6,'UTC')} AND opened_at < {until:DateTime64(6,'UTC')}
        AND ({brand:String} = '' OR brand = {brand:String})
        AND ({channel:String} = '' OR channel = {channel:String})
)
GROUP BY grouped
ORDER BY grouped
