-- Cases, each the events of a customer, a session or a conversation, in order.
-- include happened
-- param cases: word = customer (customer, session, conversation) — whose events make one path
-- param gap: duration = 30 min — a session ends where nothing comes for longer
    events AS (
        SELECT
            customer_id,
            cityHash64(customer_id) AS who,
            if({cases:String} = 'conversation', cityHash64(customer_id, conversation_id), who) AS whose,
            event
        FROM coded
        WHERE {cases:String} != 'conversation' OR conversation_id != ''
    ),
    whole AS (
        SELECT any(e.customer_id) AS customer_id, any(e.who) AS who, arraySort(groupArray(event)) AS numbers
        FROM events AS e
        GROUP BY whose
    ),
    timed AS (
        SELECT customer_id, who, arrayMap(n -> time_of(n), numbers) AS times, arrayMap(n -> code_of(n), numbers) AS codes
        FROM whole
    ),
    cases AS (
        SELECT
            customer_id,
            who,
            arrayJoin(
                if(
                    {cases:String} = 'session',
                    arraySplit(
                        (event, before) -> event.1 - before > {gap:Int64} * 1000000,
                        arrayZip(times, codes),
                        arrayPushFront(arrayPopBack(times), times[1])
                    ),
                    [arrayZip(times, codes)]
                )
            ) AS steps
        FROM timed
    )
