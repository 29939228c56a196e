-- Cases held against a designed journey: a token walks from step to step, as in a Petri net.
-- param steps: design — the designed journey: steps in order, commas between; a | b is either, ? behind makes a step optional, + lets it repeat, * is both
-- param others: word = pass (pass, leave) — whether what is in no step may come between, or leaves the journey
-- param persona: persona = — only customers who held this persona at any time; empty: all
    arrayMap(step -> trimBoth(step), splitByChar(',', {steps:String})) AS design,
    arrayFlatten(arrayMap(
        step -> arrayMap(name -> trimBoth(name), splitByChar('|', replaceRegexpOne(step, '[?+*]$', ''))), design
    )) AS asked,
    arrayMap(step -> match(step, '[?*]$'), design) AS optional,
    arrayMap(step -> match(step, '[+*]$'), design) AS repeating,
    range(1, length(design) + 1) AS places,
    arrayMap(
        step -> arrayFilter(
            code -> code > 0, arrayMap(name -> toUInt16(indexOf(activities, trimBoth(name))), splitByChar('|', replaceRegexpOne(step, '[?+*]$', '')))
        ),
        design
    ) AS takes,
    -- Step k leads from place k to place k + 1. It, or the end, is reached from place k, or from an
    -- earlier one if all steps between are optional; the nearest is the first.
    arrayMap(
        k -> arrayReverse(arrayFilter(j -> arrayAll(i -> optional[i], range(j, k)), range(1, k + 1))),
        range(1, length(design) + 2)
    ) AS reached_from,
    arrayMap(place -> toUInt32(place = 1), range(1, length(design) + 2)) AS start,
    arrayDistinct(arrayFlatten(takes)) AS taken,
    -- many cases go the same way, so each way is walked once
    ways AS (
        SELECT
            arrayFilter(code -> {others:String} = 'leave' OR has(taken, code), steps.2) AS codes,
            groupArray(customer_id) AS customers
        FROM cases
        WHERE {persona:String} = '' OR customer_id IN (SELECT customer_id FROM personas WHERE persona = {persona:String})
        GROUP BY codes
    ),
    -- tokens in each place, how many were missing, how many were moved; at the first that was missing,
    -- the place that the journey had come to, and what came
    walked AS (
        SELECT
            customers,
            hasAny(codes, taken) AS is_entered,
            arrayFold(
                (sofar, event) -> arrayMap(
                    (k, how) -> arrayMap(
                        place -> CAST(
                            (
                                if(
                                    how > 0, sofar.1,
                                    arrayMap((n, p) -> n - (p = place) + (p = k + 1), sofar.1, arrayEnumerate(sofar.1))
                                ),
                                sofar.2 + (how = 0 AND place = 0),
                                sofar.3 + multiIf(how = 2, 0, how = 1 OR place = 0, 1, k + 1 - place),
                                if(how = 1 OR place > 0 OR sofar.4 > 0, sofar.4, arrayLastIndex(n -> n > 0, sofar.1)),
                                if(how = 1 OR place > 0 OR sofar.4 > 0, sofar.5, event.1)
                            ),
                            'Tuple(Array(UInt32), UInt32, UInt32, UInt32, Int32)'
                        ),
                        [if(how > 0, 0, arrayFirst(p -> sofar.1[p] > 0, reached_from[k]))]
                    )[1],
                    -- of several steps of that name the first that can be taken
                    [if(
                        arrayExists(k -> arrayExists(p -> sofar.1[p] > 0, reached_from[k]) OR (repeating[k] AND sofar.1[k + 1] > 0), event.2),
                        arrayFirst(k -> arrayExists(p -> sofar.1[p] > 0, reached_from[k]) OR (repeating[k] AND sofar.1[k + 1] > 0), event.2),
                        event.2[1]
                    )],
                    -- 0: from an earlier place, or out of turn; 1: again; 2: no step of the design
                    [multiIf(
                        empty(event.2), 2,
                        NOT arrayExists(k -> arrayExists(p -> sofar.1[p] > 0, reached_from[k]), event.2)
                            AND arrayExists(k -> repeating[k] AND sofar.1[k + 1] > 0, event.2), 1,
                        0
                    )]
                )[1],
                arrayMap(code -> (code, arrayFilter(k -> has(takes[k], code), places)), codes),
                CAST((start, 0, 0, 0, 0), 'Tuple(Array(UInt32), UInt32, UInt32, UInt32, Int32)')
            ) AS walk
        FROM ways
    ),
    replayed AS (
        SELECT
            arrayJoin(customers) AS customer_id,
            is_entered,
            arrayFirst(p -> walk.1[p] > 0, reached_from[-1]) AS ended_in,
            walk.2 + (ended_in = 0) AS missing,
            walk.3 + 1 + if(ended_in = 0, 0, length(start) - ended_in) AS consumed,
            missing = 0 AND walk.4 = 0 AS fits,
            if(walk.4 > 0, walk.4, arrayLastIndex(n -> n > 0, walk.1)) AS came_to,
            arrayFirst(k -> k >= came_to AND NOT optional[k], places) AS due,
            if(walk.4 > 0, walk.5, -1) AS came
        FROM walked
    )
