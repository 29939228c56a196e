-- How many conversations there were, and what went to and fro in them.
-- always: one row
-- param by: word = none (none, brand, channel, status) — splits the answer
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only conversations opened then or later
-- param until: time = latest — only conversations opened before
-- column grouped: word — the value of by
-- column n: count — conversations
-- column customers: count — customers who opened them
-- column messages_in: count — messages to the brand
-- column messages_out: count — messages from the brand's people
-- column messages_bot: count — messages from bots and systems
-- column turns: count — turns of the customer's side
-- column turns_answered: count — turns that got an answer
-- column share_answered: share — the same of all turns
-- column reopened: count — how often one was opened again
SELECT
    multiIf(
        {by:String} = 'brand', toString(brand),
        {by:String} = 'channel', toString(channel),
        {by:String} = 'status', toString(status),
        ''
    ) AS grouped,
    count() AS n,
    uniqExact(customer_id) AS customers,
    sum(c.messages_in) AS messages_in,
    sum(c.messages_out) AS messages_out,
    sum(c.messages_bot) AS messages_bot,
    sum(c.turns) AS turns,
    sum(c.turns_answered) AS turns_answered,
    if(sum(c.turns) = 0, NULL, sum(c.turns_answered) / sum(c.turns)) AS share_answered,
    sum(c.reopened) AS reopened
FROM conversations AS c
WHERE opened_at >= {since:DateTime64(6,'UTC')} AND opened_at < {until:DateTime64(6,'UTC')}
    AND ({brand:String} = '' OR brand = {brand:String})
    AND ({channel:String} = '' OR channel = {channel:String})
GROUP BY grouped
ORDER BY grouped
