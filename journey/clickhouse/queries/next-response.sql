-- The time of human replies to later turns, after a conversation's first reply.
-- always: one row
-- param by: word = none (none, brand, channel) — splits the answer
-- param brand: word = — only this brand; empty: all
-- param channel: word = — only this channel; empty: all
-- param since: time = earliest — only conversations opened then or later
-- param until: time = latest — only conversations opened before
-- column grouped: word — the value of by
-- column conversations: count — conversations with such replies
-- column n: count — such replies
-- column mean_s: seconds — their mean time, from the turn's start
-- column median_of_means_s: seconds — the median of the conversations' means, interpolated
-- column p90_of_means_s: seconds — nine of ten conversations have at most this mean
-- column max_of_means_s: seconds — the highest mean of a conversation
SELECT
    multiIf({by:String} = 'brand', toString(brand), {by:String} = 'channel', toString(channel), '') AS grouped,
    count() AS conversations,
    sum(next_response_n) AS n,
    -- Whole microseconds add up the same in any order of parts and threads; floats do not.
    sum(toInt64(round(next_response_s * next_response_n * 1e6))) / n / 1e6 AS mean_s,
    quantileExactInclusive(0.5)(next_response_s) AS median_of_means_s,
    quantileExactInclusive(0.9)(next_response_s) AS p90_of_means_s,
    max(next_response_s) AS max_of_means_s
FROM conversations
WHERE isNotNull(next_response_s) AND next_response_n > 0
    AND opened_at >= {since:DateTime64(6,'UTC')} AND opened_at < {until:DateTime64(6,'UTC')}
    AND ({brand:String} = '' OR brand = {brand:String})
    AND ({channel:String} = '' OR channel = {channel:String})
GROUP BY grouped
ORDER BY grouped
