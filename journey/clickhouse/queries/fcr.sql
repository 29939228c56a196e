-- First contact resolution: conversations that one contact resolved, of those where it is certain.
-- always: one row
-- param by: word = none (none, brand, channel, agent, team, topic, persona, day, week, month) — splits the answer; days in UTC, a week by its Monday; who held several personas counts in each
-- param brand: brand = — only this brand; empty: all
-- param channel: channel = — only this channel; empty: all
-- param persona: persona = — only customers who held it then; empty: all
-- param since: time = earliest — only conversations opened then or later
-- param until: time = latest — only conversations opened before
-- column grouped: word — the value of by
-- column n: count — conversations that are judged
-- column of: count — conversations, judged or not, in all groups, each once: below the sum of n where groups overlap
-- column first_contact: count — resolved in one contact, and no repeat for 7 days
-- column second_contact: count — a second contact came before it was resolved
-- column repeat: count — resolved in one, and the matter came again within 7 days
-- column repeat_assumed: count — of those, where a topic or brand was unknown and taken for the same
-- column unresolved: count — not resolved 7 days after its opening
-- column undecided: count — not certain yet, in no share
-- column fcr: share — first_contact of n
-- interval fcr: wilson(first_contact, n)
-- column resolved: count — first_contact, second_contact and repeat
-- column fcr_of_resolved: share — first_contact of these: what was never resolved is left out
-- interval fcr_of_resolved: wilson(first_contact, resolved)
-- column first_at: time — the first opening
-- column last_at: time — the last one
SELECT
    arrayJoin(groups) AS grouped,
    countIf(verdict != 'undecided') AS n,
    round(sum(sum(1 / length(groups))) OVER ()) AS of,
    countIf(verdict = 'first_contact') AS first_contact,
    countIf(verdict = 'second_contact') AS second_contact,
    countIf(verdict = 'repeat') AS repeat,
    countIf(verdict = 'repeat' AND is_assumed) AS repeat_assumed,
    countIf(verdict = 'unresolved') AS unresolved,
    countIf(verdict = 'undecided') AS undecided,
    first_contact / if(n = 0, NULL, n) AS fcr,
    first_contact + second_contact + repeat AS resolved,
    first_contact / if(resolved = 0, NULL, resolved) AS fcr_of_resolved,
    min(opened_at) AS first_at,
    max(opened_at) AS last_at
FROM (
    SELECT
        verdict,
        is_assumed,
        opened_at,
        multiIf(
            {by:String} = 'persona', if(empty(personas), [''], personas),
            [multiIf(
                {by:String} = 'brand', toString(brand),
                {by:String} = 'channel', toString(channel),
                {by:String} = 'agent', toString(agent),
                {by:String} = 'team', toString(team),
                {by:String} = 'topic', toString(topic),
                {by:String} = 'day', toString(toDate32(opened_at)),
                {by:String} = 'week', toString(toDate32(dateTrunc('week', toDate32(opened_at)))),
                {by:String} = 'month', toString(toDate32(dateTrunc('month', toDate32(opened_at)))),
                ''
            )]
        ) AS groups
    FROM resolutions
    WHERE opened_at >= {since:DateTime64(6,'UTC')} AND opened_at < {until:DateTime64(6,'UTC')}
        AND ({brand:String} = '' OR brand = {brand:String})
        AND ({channel:String} = '' OR channel = {channel:String})
        AND ({persona:String} = '' OR has(personas, {persona:String}))
)
GROUP BY grouped
ORDER BY grouped
