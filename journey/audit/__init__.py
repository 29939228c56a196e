"""The auditor's part: the log verified, states made again, history taken away with its proof."""
