-- No step is named by the question.
    CAST([], 'Array(String)') AS asked
