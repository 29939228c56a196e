-- Offers to go on on another channel, what became of them, and moves from channel to channel.
-- always: one row
-- param by: word = none (none, brand, channel, team, agent, topic, persona) — splits the answer; who holds several personas counts in each
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only conversations opened then or later
-- param until: time = latest — only conversations opened before
-- column grouped: word — the value of by
-- column n: count — conversations in which an offer was made
-- column offered: count — offers
-- column accepted: count — of these, taken: by word, or by going there
-- column share_accepted: share — the same of all offers
-- column moved: count — conversations on more than one channel, of all
-- column moves: count — changes of channel, of all
-- column moves_invited: count — of these, where the brand had asked for it
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
    countIf(deflections_offered > 0) AS n,
    sum(deflections_offered) AS offered,
    -- One who says yes to an offer that nobody recorded is no second taker of another.
    sum(least(deflections_accepted, deflections_offered)) AS accepted,
    if(offered = 0, NULL, accepted / offered) AS share_accepted,
    countIf(c.moves > 0) AS moved,
    sum(c.moves) AS moves,
    sum(c.moves_invited) AS moves_invited
FROM
(
    SELECT
        brand,
        channel,
        team,
        agent,
        topic,
        arrayJoin(if({by:String} = 'persona', if(empty(personas), [''], personas), [''])) AS persona,
        deflections_offered,
        deflections_accepted,
        moves,
        moves_invited
    FROM conversations
    WHERE opened_at >= {since:DateTime64(6,'UTC')} AND opened_at < {until:DateTime64(6,'UTC')}
        AND ({brand:String} = '' OR brand = {brand:String})
        AND ({channel:String} = '' OR channel = {channel:String})
) AS c
GROUP BY grouped
ORDER BY grouped
