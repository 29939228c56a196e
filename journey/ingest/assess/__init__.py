"""What a text tells: judged once, at ingest, by words and rules, in English and Japanese.

One module a judgement. Each looks at ``Said``, a text that was taken apart once. No fold ever reads
the text itself; what is found here is stored with the event, and with method and version.
"""
