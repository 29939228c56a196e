-- On which channel customers are best reached: as they stated, else as the contacts they began show.
-- param at: time = latest — as it was then; the default is the last touchpoint's time
-- param days: integer = 180 — how many days of contacts are looked at
-- param contacts_min: integer = 3 — so many contacts on a channel show a preference
-- column channel: word — the channel; empty where nothing is known
-- column because: word — stated, observed or default
-- column n: count — customers
-- column share: share — the same of all customers
WITH
    least({at:DateTime64(6,'UTC')}, (SELECT max(occurred_at) FROM touchpoints)) AS moment,
    asked AS (
        SELECT sipHash64(customer_id) AS who, argMax(toString(s.value), (stated_at, sequence, event_id)) AS channel
        FROM stated AS s
        WHERE kind = 'preference' AND name = 'channel' AND stated_at <= moment
        GROUP BY who
    ),
    began AS (
        SELECT sipHash64(customer_id) AS who, toString(c.channel) AS channel, count() AS contacts, max(began_at) AS latest
        FROM contacts AS c
        WHERE NOT is_invited AND c.channel != '' AND began_at <= moment
            AND began_at >= moment - toIntervalDay({days:Int64})
        GROUP BY who, channel
    ),
    shown AS (
        SELECT who, argMax(channel, (contacts, latest, channel)) AS channel
        FROM began
        GROUP BY who
        HAVING max(contacts) >= {contacts_min:Int64}
    ),
    everybody AS (SELECT DISTINCT sipHash64(customer_id) AS who FROM touchpoints WHERE occurred_at <= moment)
SELECT
    multiIf(a.channel != '', a.channel, s.channel != '', s.channel, '') AS channel,
    multiIf(a.channel != '', 'stated', s.channel != '', 'observed', 'default') AS because,
    count() AS n,
    n / sum(n) OVER () AS share
FROM everybody AS e
LEFT JOIN asked AS a ON a.who = e.who
LEFT JOIN shown AS s ON s.who = e.who
GROUP BY channel, because
ORDER BY n DESC, channel, because
