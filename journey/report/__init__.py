"""The report: one page of pictures, words and numbers about a workspace, complete in itself."""
