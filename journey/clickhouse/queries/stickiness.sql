-- How often people come: on how many days of a period a customer was there.
-- param period: word = month (week, month) — in UTC, a week by its Monday
-- param only: activity = — only this activity; empty: all
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param since: time = earliest — only what happened then or later
-- param until: time = latest — only what happened before
-- column days: count — on so many different days
-- column n: count — customers, each counted in every period they were there
-- column share: share — of all these
-- column share_or_more: share — on so many days or more
SELECT
    days,
    count() AS n,
    n / sum(n) OVER () AS share,
    sum(n) OVER (ORDER BY days DESC) / sum(n) OVER () AS share_or_more
FROM (
    SELECT
        sipHash64(customer_id) AS who,
        if(
            {period:String} = 'week',
            toDate32(dateTrunc('week', toDate32(occurred_at))),
            toDate32(dateTrunc('month', toDate32(occurred_at)))
        ) AS period,
        uniqExact(toDate32(occurred_at)) AS days
    FROM touchpoints
    WHERE occurred_at >= {since:DateTime64(6,'UTC')} AND occurred_at < {until:DateTime64(6,'UTC')}
        AND ({only:String} = '' OR activity = {only:String})
        AND ({brand:String} = '' OR brand = {brand:String})
        AND ({channel:String} = '' OR channel = {channel:String})
    GROUP BY who, period
)
GROUP BY days
ORDER BY days
