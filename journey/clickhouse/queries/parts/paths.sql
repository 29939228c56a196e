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
        SELECT any(e.customer_id) AS customer_id, if({cases:String} = 'conversation', any(e.who), whose) AS who, arraySort(groupArray(event)) AS numbers
        FROM events AS e
        GROUP BY whose
    ),
    cases AS (
        SELECT
            customer_id,
            who,
            arrayJoin(
                if(
                    {cases:String} = 'session',
                    arraySplit(
                        (event, before) -> time_of(event) - time_of(before) > {gap:Int64} * 1000000,
                        w.numbers,
                        arrayPushFront(arrayPopBack(w.numbers), w.numbers[1])
                    ),
                    [w.numbers]
                )
            ) AS numbers,
            arrayMap(n -> (time_of(n), code_of(n)), numbers) AS steps
        FROM whole AS w
    )
