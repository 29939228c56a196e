-- What retiring a channel would do: who would be hit, and what they use instead already.
-- param channel: channel — the channel that would end
-- param since: time = earliest — who used it then or later
-- param until: time = latest — who used it before
-- column alternative: word — another channel that they use as well, the one they began most contacts on; empty: none
-- column customers: count — customers who would be hit: they began a contact on the channel
-- column share: share — of all who would be hit
-- column hit: count — all who would be hit
-- interval share: wilson(customers, hit)
-- column contacts: count — their contacts on the channel
-- column only_here: count — of these customers, those who began contacts nowhere else
-- column paying: count — of these customers, those who are customers now, by an order or a subscription
-- column recent: count — of these customers, those whose last contact on the channel is in the last 30 days of what is known
-- column topics: word — what their contacts on the channel were about most, at most five, with commas between
WITH
    (SELECT max(occurred_at) FROM touchpoints) AS newest,
    used AS (
        SELECT
            customer_id,
            countIf(c.channel = {channel:String}) AS here,
            maxIf(began_at, c.channel = {channel:String}) AS last_here,
            groupArrayIf(toString(c.channel), c.channel != {channel:String}) AS elsewhere,
            topKIf(5)(toString(c.topic), c.channel = {channel:String} AND c.topic != '') AS topics_here
        FROM contacts AS c
        WHERE began_at >= {since:DateTime64(6,'UTC')} AND began_at < {until:DateTime64(6,'UTC')}
        GROUP BY customer_id
        HAVING here > 0
    ),
    paying AS (SELECT DISTINCT customer_id FROM tenures WHERE ended_at IS NULL)
SELECT
    -- The most used, of equals the first by name.
    if(empty(elsewhere), '', arraySort(
        name -> -toInt64(countEqual(elsewhere, name)), arraySort(arrayDistinct(elsewhere))
    )[1]) AS alternative,
    count() AS customers,
    customers / hit AS share,
    sum(count()) OVER () AS hit,
    sum(here) AS contacts,
    countIf(empty(elsewhere)) AS only_here,
    countIf(customer_id IN (SELECT customer_id FROM paying)) AS paying,
    countIf(last_here > newest - toIntervalDay(30)) AS recent,
    arrayStringConcat(topKArray(5)(topics_here), ', ') AS topics
FROM used
GROUP BY alternative
ORDER BY customers DESC, alternative
