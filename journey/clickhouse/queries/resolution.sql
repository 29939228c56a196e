-- How conversations ended, and how long it took.
-- always: one row
-- param by: word = none (none, brand, channel) — splits the answer
-- param brand: word = — only this brand; empty: all
-- param channel: word = — only this channel; empty: all
-- param since: time = earliest — only conversations opened then or later
-- param until: time = latest — only conversations opened before
-- column grouped: word — the value of by
-- column n: count — conversations
-- column stated: count — resolved because somebody said so
-- column implied: count — resolved by silence after the last reply
-- column still_open: count — not resolved
-- column share_stated: share — stated of all
-- column share_implied: share — implied of all
-- column share_open: share — open of all
-- column median_s: seconds — the median time from the first message to the resolution, interpolated
-- column p90_s: seconds — nine of ten resolved ones took at most this
SELECT
    multiIf({by:String} = 'brand', toString(brand), {by:String} = 'channel', toString(channel), '') AS grouped,
    count() AS n,
    countIf(status = 'resolved' AND resolved_by = 'stated') AS stated,
    countIf(status = 'resolved' AND resolved_by = 'implied') AS implied,
    countIf(status != 'resolved') AS still_open,
    stated / n AS share_stated,
    implied / n AS share_implied,
    still_open / n AS share_open,
    quantileExactInclusive(0.5)(took_s) AS median_s,
    quantileExactInclusive(0.9)(took_s) AS p90_s
FROM
(
    SELECT
        brand,
        channel,
        status,
        resolved_by,
        if(
            status = 'resolved',
            (toUnixTimestamp64Micro(resolved_at) - toUnixTimestamp64Micro(opened_at)) / 1e6,
            NULL
        ) AS took_s
    FROM conversations
    WHERE opened_at >= {since:DateTime64(6,'UTC')} AND opened_at < {until:DateTime64(6,'UTC')}
        AND ({brand:String} = '' OR brand = {brand:String})
        AND ({channel:String} = '' OR channel = {channel:String})
)
GROUP BY grouped
ORDER BY grouped
